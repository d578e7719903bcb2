import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OciSpec } from '#spec';
import { dumpArguments, restoreArguments } from './criu.ts';

const spec: OciSpec = {
  ociVersion: '1.2.0',
  root: { path: '/b/rootfs' },
  mounts: [{ destination: '/proc', type: 'proc', source: 'proc' }, { destination: '/data', type: 'bind', source: '/host', options: ['rbind'] }],
  linux: { maskedPaths: ['/proc/keys'] },
};
const common = { images: '/i', work: '/w', switches: ['--tcp-established'], manageCgroups: 'soft', emptyNamespaces: ['net'] };

test('a dump names what the container does not own', () => {
  const words = dumpArguments(spec, { ...common, pid: 7, freezer: '/cg', preDump: false, parent: '../before', statusFd: undefined, pageServer: undefined }, 4026531840);
  assert.equal(
    words.join(' '),
    'dump --images-dir /i --work-dir /w --log-file dump.log -v4 --root /b/rootfs --manage-cgroups=soft --empty-ns net --tcp-established --tree 7 --freeze-cgroup /cg --track-mem --prev-images-dir ../before --external mnt[/data]:/data --external mnt[/proc/keys]:/proc/keys --external net[4026531840]:extRootNetNS',
  );
});

test('a restore gives them back, and the pipes that stdio was', () => {
  const words = restoreArguments(spec, { ...common, pidFile: '/p', cgroup: '/naru/c', descriptors: ['/dev/null', 'pipe:[5]', '/file'] });
  assert.equal(
    words.join(' '),
    'restore --images-dir /i --work-dir /w --log-file restore.log -v4 --root /b/rootfs --manage-cgroups=soft --empty-ns net --tcp-established --restore-detached --pidfile /p --cgroup-root /naru/c --external mnt[/data]:/host --external mnt[/proc/keys]:/dev/null --inherit-fd fd[1]:pipe:[5]',
  );
});
