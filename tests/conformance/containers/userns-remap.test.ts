/** `narud --userns-remap`: root inside is nobody outside, and files keep the owners that images and commits know. */
import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { ok, until } from '../../support/command.ts';
import { commandOf, Daemon } from '../../support/daemon.ts';
import { busyboxTar } from '../../support/images.ts';

const directory = mkdtempSync(join(tmpdir(), 'naru-remap-'));
const at = (name: string): string => join(directory, name);
let daemon: Daemon;
before(async () => {
  writeFileSync(at('ids'), '54321:700000:65536\n');
  daemon = await Daemon.startWith([[at('ids'), '/etc/subuid'], [at('ids'), '/etc/subgid']], '--userns-remap', '54321');
  chmodSync(daemon.directory, 0o711); // root inside walks to its root file system as somebody else
  await daemon.ok('docker', ['import', await busyboxTar(), 'busybox']);
});
after(async () => {
  await daemon?.[Symbol.asyncDispose]();
  rmSync(directory, { recursive: true });
});

const run = (...args: string[]) => daemon.ok('docker', ['run', '--rm', ...args]);
const inspect = async (name: string) => JSON.parse(await daemon.ok('docker', ['inspect', name]))[0];

test('root is root inside, with its files; another outside; and what it writes is root\'s for everybody', async () => {
  const script = 'cat /proc/self/uid_map; ls -ln /etc/hosts /bin/busybox | awk "{print \\$3}"; touch /own && chown 7:8 /own; echo x >/data/f; echo y >/etc/hosts && sleep 1000';
  await daemon.ok('docker', ['run', '-d', '--name', 'mapped', '-v', 'kept:/data', 'busybox', 'sh', '-c', script]);
  await until('it has written', async () => (await daemon.run('docker', ['exec', 'mapped', 'grep', '-q', '^y', '/etc/hosts'])).code === 0);
  const { State } = await inspect('mapped');
  assert.equal(statSync(`/proc/${State.Pid}`).uid, 700_000);
  assert.deepEqual((await daemon.ok('docker', ['logs', 'mapped'])).split(/\s+/).filter(Boolean), ['0', '700000', '65536', '0', '0']);
  const { Mountpoint } = JSON.parse(await daemon.ok('docker', ['volume', 'inspect', 'kept']))[0];
  assert.equal(statSync(join(Mountpoint, 'f')).uid, 0);
  assert.equal(await daemon.ok('docker', ['exec', 'mapped', 'sh', '-c', 'id -u; ls -ln /own | awk \'{print $3 ":" $4}\'']), '0\n7:8');
  await daemon.ok('docker', ['cp', 'mapped:/data/f', at('copied')]);
  assert.equal(readFileSync(at('copied'), 'utf8'), 'x\n');
  for (const place of ['/', '/data/', '/dev/shm/']) {
    await daemon.ok('docker', ['cp', at('copied'), `mapped:${place}back`]);
    assert.equal(await daemon.ok('docker', ['exec', 'mapped', 'sh', '-c', `cat ${place}back; stat -c %u:%g ${place}back`]), 'x\n0:0', place);
    await daemon.ok('docker', ['cp', `mapped:${place}back`, at('copied')]);
    assert.equal(statSync(at('copied')).uid, 0);
  }
  assert.equal(statSync(join(Mountpoint, 'back')).uid, 0);
  assert.match(await ok('sh', ['-c', `${commandOf('docker')} -H ${daemon.host} export mapped | tar -tvf - --numeric-owner own etc/hosts bin/busybox`]), / 0\/0 .* bin\/busybox\n(.*\n)*.* 7\/8 .* own\b/);
  await daemon.ok('docker', ['commit', 'mapped', 'committed']);
  for (const flags of [[], ['--userns', 'host']]) assert.match(await run(...flags, 'committed', 'ls', '-ln', '/own'), /\b7 +8\b/);
  assert.ok(!readFileSync('/proc/self/mounts', 'utf8').includes(daemon.directory));
  await daemon.ok('docker', ['rm', '-f', 'mapped']);
  await daemon.ok('docker', ['volume', 'rm', 'kept']);
});

test('the network works; a restart of the daemon finds it again; restarts map anew', async () => {
  await daemon.ok('docker', ['run', '-d', '--name', 'web', 'busybox', 'httpd', '-f', '-p', '80', '-h', '/etc']);
  const { NetworkSettings } = await inspect('web');
  const page = () => daemon.run('docker', ['run', '--rm', 'busybox', 'wget', '-qO-', `http://${NetworkSettings.IPAddress}/group`]);
  await until('the page', async () => (await page()).stdout.startsWith('root:'));
  await daemon.crash();
  await daemon.up();
  assert.equal(await daemon.ok('docker', ['exec', 'web', 'id', '-u']), '0');
  await daemon.ok('docker', ['restart', '-t', '0', 'web']);
  assert.equal(statSync(`/proc/${(await inspect('web')).State.Pid}`).uid, 700_000);
  await daemon.ok('docker', ['rm', '-f', 'web']);
});

test('what cannot go with it is refused, unless --userns host', async () => {
  const refusal = async (...flags: string[]) => (await daemon.run('docker', ['run', '--rm', ...flags, 'busybox', 'true'])).stderr;
  assert.match(await refusal('--privileged'), /privileged mode is incompatible with user namespaces/);
  assert.match(await refusal('--network', 'host'), /cannot share the host's network namespace when user namespaces are enabled/);
  assert.match(await refusal('--pid', 'host'), /cannot share the host PID namespace when user namespaces are enabled/);
  assert.match(await run('--userns', 'host', '--privileged', 'busybox', 'cat', '/proc/self/uid_map'), /0\s+0\s+4294967295/);
  assert.match(await daemon.ok('docker', ['info', '-f', '{{.SecurityOptions}}']), /name=userns/);
});

test('the user that "default" means is made on a host that has none, once', async () => {
  const etc = at('etc');
  await ok('cp', ['-a', '/etc', etc]);
  for (const name of ['passwd', 'group', 'subuid', 'subgid']) {
    const lines = existsSync(join(etc, name)) ? readFileSync(join(etc, name), 'utf8').split('\n') : [];
    writeFileSync(join(etc, name), lines.filter((line) => !line.startsWith('dockremap:')).join('\n'));
  }
  await using remapped = await Daemon.startWith([[etc, '/etc']], '--userns-remap', 'default');
  chmodSync(remapped.directory, 0o711);
  await remapped.ok('docker', ['import', await busyboxTar(), 'busybox']);
  const first = /^dockremap:(\d+):65536$/m.exec(readFileSync(join(etc, 'subuid'), 'utf8'))?.[1];
  assert.match(await remapped.ok('docker', ['run', '--rm', 'busybox', 'cat', '/proc/self/uid_map']), new RegExp(`^\\s*0\\s+${first}\\s+65536$`));
  const subuid = readFileSync(join(etc, 'subuid'), 'utf8');
  await remapped.down();
  await remapped.up();
  assert.equal(readFileSync(join(etc, 'subuid'), 'utf8'), subuid);
});
