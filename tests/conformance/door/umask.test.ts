/** The umask of whoever starts narud, 077 on careful hosts, is none of its containers'. */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Daemon } from '../../support/daemon.ts';
import { importBusybox } from '../../support/images.ts';

test('a daemon begun with the umask 077 makes roots, volumes, mounts and layers that every user may enter', async () => {
  const context = await mkdtemp(join(tmpdir(), 'naru-context-'));
  await mkdir(join(context, 'c'), { mode: 0o755 });
  await writeFile(join(context, 'c', 'Dockerfile'), 'FROM busybox\nWORKDIR /made/here\nCOPY Dockerfile /copied/into/\nUSER 1000\nRUN cat /copied/into/Dockerfile\n', { mode: 0o644 });
  const before = process.umask(0o077);
  try {
    await using daemon = await Daemon.start();
    await importBusybox(daemon, 'docker');
    const places = ['/', '/etc/hosts', '/etc/resolv.conf', '/volume', '/bound', '/a/b'];
    const mounts = ['-v', 'volume:/volume', '-v', `${daemon.directory}/made/bound:/bound`, '--tmpfs', '/a/b'];
    const modes = await daemon.ok('docker', ['run', '--rm', '-u', '1000', ...mounts, 'busybox', 'stat', '-c', '%a %n', ...places]);
    assert.deepEqual(modes.trim().split('\n'), ['755 /', '644 /etc/hosts', '644 /etc/resolv.conf', '755 /volume', '755 /bound', '1777 /a/b']);
    await daemon.ok('docker', ['build', '-t', 'built', join(context, 'c')]);
    assert.equal(await daemon.ok('docker', ['run', '--rm', '-u', '1000', 'built', 'stat', '-c', '%a', '/made/here', '/copied', '/copied/into']), '755\n755\n755');
  } finally {
    process.umask(before);
    await rm(context, { recursive: true, force: true });
  }
});
