/** naru-runtime as a person types it: a bundle from `spec` to `delete`. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { OciSpec } from '#spec';
import { ok, root, run, until, type Result } from '../../support/command.ts';
import { busyboxTar } from '../../support/images.ts';

/** Its cgroup is the machine's: no other test file's container has this name. */
const one = `one-${process.pid}`;

describe('naru-runtime', () => {
  let bundle: string;
  const runtime = (...words: string[]): Promise<Result> => run(join(root, 'bin/naru-runtime'), ['--root', join(bundle, 'state'), ...words], { cwd: bundle, input: 'typed\n', timeout: 240_000 });
  /** What starts and stays holds the caller's stdio: a file, so that nobody waits for its end. */
  const detached = (...words: string[]): Promise<Result> =>
    run('sh', ['-c', '"$@" </dev/null >out 2>&1; code=$?; cat out; exit $code', 'sh', join(root, 'bin/naru-runtime'), '--root', join(bundle, 'state'), ...words], { cwd: bundle, timeout: 240_000 });
  const status = async (id: string): Promise<string> => (JSON.parse((await runtime('state', id)).stdout) as { status: string }).status;
  const command = async (...args: string[]): Promise<void> => {
    const path = join(bundle, 'config.json');
    const config = JSON.parse(await readFile(path, 'utf8')) as { process: object };
    await writeFile(path, JSON.stringify({ ...config, process: { ...config.process, terminal: false, args } }));
  };

  before(async () => {
    bundle = await mkdtemp(join(tmpdir(), 'naru-bundle-'));
    await mkdir(join(bundle, 'rootfs'));
    await ok('tar', ['-C', join(bundle, 'rootfs'), '-xf', await busyboxTar()]);
  });
  after(async () => {
    await runtime('delete', '--force', one);
    await rm(bundle, { recursive: true });
  });

  test('spec writes a configuration once', async () => {
    assert.equal((await runtime('spec')).code, 0);
    assert.match((await runtime('spec')).stderr, /File config\.json exists\. Remove it first/);
  });

  test('run carries stdio and the exit code, and leaves nothing', async () => {
    await command('sh', '-c', 'cat; echo complaint >&2; exit 5');
    assert.deepEqual(await runtime('run', one), { code: 5, stdout: 'typed\n', stderr: 'complaint\n' });
    assert.equal((await runtime('list', '--quiet')).stdout, '');
  });

  test('create, start, exec, pause, resume, kill, delete', async () => {
    await command('sleep', '1000');
    assert.deepEqual(await detached('create', '--pid-file', 'pid', one), { code: 0, stdout: '', stderr: '' });
    assert.equal(await status(one), 'created');
    assert.match((await runtime('create', one)).stderr, /runc create failed: container with given ID already exists/);
    assert.equal((await runtime('start', one)).code, 0);
    assert.equal(await status(one), 'running');
    assert.deepEqual(await runtime('exec', one, 'sh', '-c', 'hostname; exit 3'), { code: 3, stdout: 'naru\n', stderr: '' });
    assert.deepEqual(JSON.parse((await runtime('ps', '--format', 'json', one)).stdout), [Number(await readFile(join(bundle, 'pid'), 'utf8'))]);
    assert.equal((await runtime('pause', one)).code, 0);
    assert.equal(await status(one), 'paused');
    assert.equal((await runtime('resume', one)).code, 0);
    assert.match((await runtime('delete', one)).stderr, /not stopped/);
    assert.equal((await runtime('kill', one, 'KILL')).code, 0);
    await until('it has stopped', async () => (await status(one)) === 'stopped');
    assert.equal((await runtime('delete', one)).code, 0);
    assert.match((await runtime('state', one)).stderr, /container does not exist/);
  });

  for (const signal of ['TERM', 'INT', 'KILL']) {
    test(`a container that waits for its start ends by SIG${signal}, and cannot be started then`, async () => {
      await command('sleep', '1000');
      assert.deepEqual(await detached('create', one), { code: 0, stdout: '', stderr: '' });
      assert.equal((await runtime('kill', one, signal)).code, 0);
      await until('it has stopped', async () => (await status(one)) === 'stopped');
      assert.match((await runtime('start', one)).stderr, /cannot start a container that has stopped/);
      assert.deepEqual(await runtime('delete', one), { code: 0, stdout: '', stderr: '' });
    });
  }

  test('SIGUSR1 ends events as it ends runC, and comes to a program that run stays with; nothing opens', async () => {
    await command('sh', '-c', 'trap "exit 7" USR1; echo ready; while :; do sleep 0.1; done');
    const start = (...words: string[]) => spawn(join(root, 'bin/naru-runtime'), ['--root', join(bundle, 'state'), ...words], { cwd: bundle, stdio: ['ignore', 'pipe', 'pipe'] });
    const ran = start('run', one);
    const ranEnd = once(ran, 'close');
    await once(ran.stdout, 'data'); // its trap is there
    const events = start('events', '--interval', '10ms', one);
    const eventsEnd = once(events, 'close');
    const complaint = events.stderr.toArray();
    await once(events.stdout, 'data');
    const threads = await readdir(`/proc/${events.pid}/task`);
    const names = await Promise.all(threads.map((thread) => readFile(`/proc/${events.pid}/task/${thread}/comm`, 'utf8')));
    assert.ok(!names.includes('SignalInspector\n')); // Node's, from a start's first milliseconds
    assert.equal(names.filter((name) => name.startsWith('node-V8Worker')).length, 1); // each end of a short command waits for all of them
    events.kill('SIGUSR1');
    assert.deepEqual(await eventsEnd, [null, 'SIGUSR1']);
    assert.equal(Buffer.concat(await complaint).toString(), '');
    ran.kill('SIGUSR1');
    assert.deepEqual(await ranEnd, [7, null]);
  });

  test('a memory limit that its first process has no room in is named', async () => {
    const limited = join(bundle, 'limited');
    const spec = JSON.parse(await readFile(join(bundle, 'config.json'), 'utf8')) as OciSpec;
    Object.assign(spec.linux?.resources ?? {}, { memory: { limit: 4096 } });
    await mkdir(limited);
    await writeFile(join(limited, 'config.json'), JSON.stringify({ ...spec, root: { path: join(bundle, 'rootfs') } }));
    const { code, stderr } = await runtime('run', '--bundle', limited, one);
    assert.equal(code, 1);
    assert.match(stderr, /container init was OOM-killed \(memory limit too low\?\)/);
    assert.equal((await runtime('list', '--quiet')).stdout, '');
  });

  test('what is not there is refused by name', async () => {
    assert.match((await runtime('fly')).stderr, /No help topic for 'fly'/);
    assert.match((await runtime('create', '--fly', one)).stderr, /flag provided but not defined: -fly/);
    assert.match((await runtime('state')).stderr, /state\\" requires exactly 1 argument/);
    assert.match((await runtime('state', 'nosuch')).stderr, /container does not exist/);
    assert.match((await runtime('update', '--l3-cache-schema', 'L3:0=f', one)).stderr, /container does not exist|not implemented: --l3-cache-schema/);
    const withSystemd = await run(join(root, 'bin/naru-runtime'), ['--systemd-cgroup', 'list']);
    if (!existsSync('/run/systemd/system')) assert.match(withSystemd.stderr, /systemd not running on this host, cannot use systemd cgroups manager/);
  });

  test('an error is a line of the log that callers parse, and a bare sentence on stderr', async () => {
    const log = join(bundle, 'log.json');
    const { stderr, code } = await runtime('--log', log, '--log-format', 'json', 'state', 'nosuch');
    assert.deepEqual([code, stderr], [1, 'container does not exist\n']);
    const { level, msg, time } = JSON.parse(await readFile(log, 'utf8')) as Record<string, string>;
    assert.deepEqual([level, msg], ['error', 'container does not exist']);
    assert.match(time ?? '', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  });

  test('a create that fails leaves nothing, and says what failed as runC does', async () => {
    await command('nosuch');
    const { code, stderr } = await runtime('create', one);
    assert.equal(code, 1);
    assert.match(stderr, /runc create failed: unable to start container process: exec: \\"nosuch\\": executable file not found in \$PATH/);
    await command('true');
    assert.match((await runtime('create', '--pid-file', 'rootfs', one)).stderr, /runc create failed: rename \S*rootfs/); // a directory
    assert.equal((await runtime('list', '--quiet')).stdout, '');
    assert.deepEqual([await readdir(join(bundle, 'state')), (await readdir(bundle)).filter((name) => name.startsWith('.'))], [[], []]);
  });
});
