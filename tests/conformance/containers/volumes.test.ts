/** The local driver's volumes as containers meet them: options, what cannot be mounted, subpaths, copy-up, use. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Daemon } from '../../support/daemon.ts';
import { busyboxTar } from '../../support/images.ts';

const directory = mkdtempSync(join(tmpdir(), 'naru-volumes-'));
let daemon: Daemon;
before(async () => {
  daemon = await Daemon.start();
  await daemon.ok('docker', ['import', await busyboxTar(), 'busybox']);
  await daemon.ok('docker', ['run', '--name', 'made', 'busybox', 'sh', '-c', 'mkdir -p /full/sub; echo image >/full/f; chown 7:8 /full; chmod 0750 /full; chmod 4711 /full/f; ln -s f /full/l']);
  await daemon.ok('docker', ['commit', 'made', 'filled']);
  await daemon.ok('docker', ['rm', 'made']);
});
after(async () => {
  await daemon?.[Symbol.asyncDispose]();
  rmSync(directory, { recursive: true });
});

const run = (...args: string[]) => daemon.ok('docker', ['run', '--rm', ...args]);
const refusal = async (...args: string[]): Promise<string> => (await daemon.run('docker', args)).stderr;
const create = (name: string, options: Record<string, string>) =>
  daemon.ok('docker', ['volume', 'create', ...Object.entries(options).flatMap(([key, value]) => ['--opt', `${key}=${value}`]), name]);

describe('options', () => {
  test('a tmpfs of a size, a directory bound, read-only', async () => {
    await create('ram', { type: 'tmpfs', device: 'tmpfs', o: 'size=1m,uid=1000' });
    assert.match(await run('-v', 'ram:/t', 'busybox', 'sh', '-c', 'df -k /t | tail -1; ls -dn /t'), /tmpfs\s+1024 [^]*\b1000\b/);
    mkdirSync(join(directory, 'shared'));
    writeFileSync(join(directory, 'shared/f'), 'x');
    await create('bound', { type: 'none', device: join(directory, 'shared'), o: 'bind,ro' });
    assert.match(await run('-v', 'bound:/t', 'busybox', 'sh', '-c', 'ls /t; touch /t/g 2>&1; true'), /^f\n.*Read-only file system/);
    await daemon.ok('docker', ['volume', 'rm', 'ram', 'bound']);
  });

  test('memory is one for all who hold it, also while the daemon is away, and gone with the last', async () => {
    await create('memory', { type: 'tmpfs', device: 'tmpfs', o: 'size=1m,noatime' });
    await daemon.ok('docker', ['run', '-d', '--name', 'writer', '-v', 'memory:/m', 'busybox', 'sh', '-c', 'echo seen >/m/f; exec sleep 1000']);
    assert.equal(await run('-v', 'memory:/m:ro', 'busybox', 'sh', '-c', 'until [ -s /m/f ]; do sleep 0.1; done; cat /m/f'), 'seen');
    await daemon.crash();
    await daemon.up();
    assert.equal(await run('-v', 'memory:/m', 'busybox', 'cat', '/m/f'), 'seen');
    await daemon.ok('docker', ['rm', '-f', 'writer']);
    assert.equal(await run('-v', 'memory:/m', 'busybox', 'ls', '/m'), '');
    await create('nonsense', { type: 'tmpfs', device: 'tmpfs', o: 'size=1m,nonsense' });
    assert.match(await refusal('run', '--rm', '-v', 'nonsense:/m', 'busybox', 'true'), /failed to mount local volume: mount tmpfs:\S+, data: size=1m,nonsense: invalid argument/);
    await daemon.ok('docker', ['volume', 'rm', 'memory', 'nonsense']);
    assert.doesNotMatch(readFileSync('/proc/self/mountinfo', 'utf8'), new RegExp(`${daemon.directory}/data/volumes/`));
  });

  test('what cannot be mounted is the volume\'s failure, with the kernel\'s reason', async () => {
    await create('gone', { type: 'none', device: join(directory, 'gone'), o: 'bind' });
    const at = (name: string): string => `${daemon.directory}/data/volumes/${name}/_data`;
    const expected = `error while mounting volume '${at('gone')}': failed to mount local volume: mount ${directory}/gone:${at('gone')}, flags: 0x1000: no such file or directory`;
    assert.ok((await refusal('run', '--rm', '-v', 'gone:/t', 'busybox', 'true')).includes(expected));
    await create('odd', { type: 'nosuchfs', device: 'none', o: 'a=b' });
    assert.match(await refusal('run', '--rm', '-v', 'odd:/t', 'busybox', 'true'), /failed to mount local volume: mount none:\S+, data: a=b: no such device/);
    await daemon.ok('docker', ['volume', 'rm', 'gone', 'odd']);
  });

  test('refused: unknown, incomplete, a quota that the file system cannot keep', async () => {
    assert.match(await refusal('volume', 'create', '--opt', 'foo=bar', 'bad'), /create bad: invalid option: "foo"/);
    assert.match(await refusal('volume', 'create', '--opt', 'type=tmpfs', 'bad'), /create bad: missing required option: "device"/);
    assert.match(await refusal('volume', 'create', '--opt', 'size=1m', 'bad'), /create bad: quota size requested but no quota support/);
    assert.match(await refusal('volume', 'update', 'bad'), /no such volume/);
  });
});

describe('contents', () => {
  test('copy-up with owners, modes and links, once; none with nocopy', async () => {
    const list = 'ls -ln /full | tail -n +2 | awk \'{print $1, $3, $4, $9}\'; ls -dn /full | awk \'{print $1, $3, $4}\'';
    const seen = await run('-v', 'copied:/full', 'filled', 'sh', '-c', list);
    assert.deepEqual(seen.split('\n'), ['-rws--x--x 0 0 f', 'lrwxrwxrwx 0 0 l', 'drwxr-xr-x 0 0 sub', 'drwxr-x--- 7 8']);
    await run('-v', 'copied:/v', 'busybox', 'rm', '/v/f');
    assert.equal(await run('-v', 'copied:/full', 'filled', 'ls', '/full'), 'l\nsub');
    assert.equal(await run('-v', 'empty:/full:nocopy', 'filled', 'ls', '/full'), '');
    await daemon.ok('docker', ['volume', 'rm', 'copied', 'empty']);
  });

  test('a subpath: there, missing, leading out', async () => {
    await run('-v', 'tree:/v', 'busybox', 'sh', '-c', 'mkdir /v/in; echo deep >/v/in/f; ln -s /etc /v/out');
    const sub = (path: string) => ['--mount', `type=volume,src=tree,dst=/s,volume-subpath=${path}`, 'busybox', 'cat', '/s/f'];
    assert.equal(await run(...sub('in')), 'deep');
    assert.match(await refusal('run', '--rm', ...sub('none')), /cannot access path \S+\/tree\/_data\/none: lstat \S+\/none: no such file or directory/);
    assert.match(await refusal('run', '--rm', ...sub('out')), /path concatenation escapes the base directory/);
    assert.match(await refusal('run', '--rm', ...sub('../x')), /subpath must be a relative path within the volume/);
    await daemon.ok('docker', ['volume', 'rm', 'tree']);
  });
});

test('use: what is mounted or would be is kept, anonymous ones go with prune and --rm', async () => {
  await daemon.ok('docker', ['create', '--name', 'user', '-v', 'used:/v', '-v', '/anonymous', 'busybox', 'true']);
  const { Id, Mounts } = JSON.parse(await daemon.ok('docker', ['inspect', 'user']))[0];
  assert.ok((await refusal('volume', 'rm', 'used')).includes(`remove used: volume is in use - [${Id}]`));
  await daemon.ok('docker', ['rm', 'user']);
  const anonymous = Mounts.find((mount: { Destination: string }) => mount.Destination === '/anonymous').Name;
  assert.match(await daemon.ok('docker', ['volume', 'prune', '-f']), new RegExp(anonymous));
  assert.equal(await daemon.ok('docker', ['volume', 'ls', '-q', '--filter', 'name=used']), 'used');
  assert.match(await daemon.ok('docker', ['volume', 'prune', '-af', '--filter', 'label!=x']), /used/);
});

test('--volumes-from: the same volumes and binds, as writable as asked', async () => {
  await daemon.ok('docker', ['create', '--name', 'giver', '-v', 'given:/v', '-v', `${directory}:/b:ro`, 'busybox', 'true']);
  assert.equal(await run('--volumes-from', 'giver', 'busybox', 'sh', '-c', 'touch /v/x && echo ok; touch /b/x 2>/dev/null || echo no'), 'ok\nno');
  assert.match(await run('--volumes-from', 'giver:ro', 'busybox', 'sh', '-c', 'touch /v/y 2>&1; true'), /Read-only file system/);
  assert.match(await run('--volumes-from', 'giver:z,ro', 'busybox', 'sh', '-c', 'touch /v/y 2>&1; true'), /Read-only file system/);
  assert.match(await refusal('run', '--rm', '--volumes-from', 'giver:ro,rw', 'busybox', 'true'), /invalid mode: ro,rw/);
  assert.match(await refusal('run', '--rm', '--volumes-from', 'giver:odd', 'busybox', 'true'), /invalid mode: odd/);
  await daemon.ok('docker', ['rm', 'giver']);
});
