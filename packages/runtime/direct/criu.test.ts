import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OciSpec } from '#spec';
import { dumpArguments, inheritedNamespaces, parseCriuConfig, restoreArguments, type Surroundings } from './criu.ts';

const spec: OciSpec = {
  ociVersion: '1.2.0',
  root: { path: '/b/rootfs' },
  mounts: [{ destination: '/proc', type: 'proc', source: 'proc' }, { destination: '/data', type: 'bind', source: '/host', options: ['rbind'] }, { destination: '/sys/fs/cgroup', type: 'cgroup' }],
  linux: { maskedPaths: ['/proc/keys'] },
};
const common = { images: '/i', work: '/w', switches: ['--tcp-established'], manageCgroups: 'soft' };
const alone: Surroundings = { cgroups: undefined, place: (destination) => destination, networkLock: undefined, configured: [] };
const dump = { ...common, pid: 7, freezer: '/cg', preDump: false, parent: undefined, statusFd: undefined, pageServer: undefined, maskedFiles: [], inodes: {} };
const restore = { ...common, mountedRoot: '/s/root', pidFile: '/p', cgroup: '/naru/c', descriptors: ['/dev/null', 'pipe:[5]', '/file'] };
/** Every container has these devices. */
const own = /--external mnt\[\/dev\/(?:null|zero|full|random|urandom|tty)\]:\S+ ?/g;
const line = (words: string[]) => words.join(' ').replace(own, '').trimEnd();

test('a dump names what the container does not own', () => {
  const words = dumpArguments(spec, { ...dump, parent: '../before', maskedFiles: ['/proc/keys'], inodes: { network: 4026531840 } }, { ...alone, place: () => '/real/data' });
  assert.equal(
    line(words),
    'dump --images-dir /i --work-dir /w --log-file dump.log -v4 --root /b/rootfs --manage-cgroups=soft --empty-ns net --tcp-established --tree 7 --freeze-cgroup /cg --track-mem --prev-images-dir ../before --external mnt[/real/data]:/real/data --external mnt[/proc/keys]:/dev/null --external net[4026531840]:extRootNetNS',
  );
});

test('a restore gives them back, and the pipes that stdio was', () => {
  assert.equal(
    line(restoreArguments(spec, restore, alone)),
    'restore --images-dir /i --work-dir /w --log-file restore.log -v4 --root /s/root --manage-cgroups=soft --empty-ns net --tcp-established --restore-detached --evasive-devices --pidfile /p --cgroup-root /naru/c --external mnt[/data]:/host --inherit-fd fd[1]:pipe:[5]',
  );
});

test('cgroups that are bound in are external, by their place in the new container; mounted ones are not', () => {
  const cgroups = { mode: 'v2', namespaced: false, hierarchies: [{ name: '', directory: '/sys/fs/cgroup/naru/c', parameters: [] }] } as const;
  assert.match(dumpArguments(spec, dump, { ...alone, cgroups }).join(' '), /mnt\[\/sys\/fs\/cgroup\]:\/sys\/fs\/cgroup/);
  assert.match(restoreArguments(spec, restore, { ...alone, cgroups }).join(' '), /mnt\[\/sys\/fs\/cgroup\]:\/sys\/fs\/cgroup\/naru\/c/);
  assert.doesNotMatch(dumpArguments(spec, dump, { ...alone, cgroups: { ...cgroups, namespaced: true } }).join(' '), /fs\/cgroup/);
});

test('namespaces that were joined: network and pid are given open, others joined again, a cgroup namespace refused', () => {
  const joined = (type: 'network' | 'ipc' | 'cgroup'): OciSpec => ({ ...spec, linux: { namespaces: [{ type, path: `/ns/${type}` }, { type: 'pid' }] } });
  assert.deepEqual(inheritedNamespaces(joined('network')), [{ fd: 8, key: 'extRootNetNS', path: '/ns/network' }]);
  assert.match(restoreArguments(joined('network'), restore, alone).join(' '), /--inherit-fd fd\[8\]:extRootNetNS/);
  assert.match(restoreArguments(joined('ipc'), restore, alone).join(' '), /--join-ns ipc:\/ns\/ipc/);
  assert.throws(() => restoreArguments(joined('cgroup'), restore, alone), /Do not know how to handle namespace NEWCGROUP/);
});

test('a configuration file is a command line, and comes last', () => {
  const configured = parseCriuConfig('# of ours\nlog-file=own.log\ntcp-established # too\n\naction-script "/a b"\n');
  assert.deepEqual(configured, ['--log-file', 'own.log', '--tcp-established', '--action-script', '/a b']);
  assert.deepEqual(dumpArguments(spec, dump, { ...alone, configured }).slice(-configured.length), configured);
});
