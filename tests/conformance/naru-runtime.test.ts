/** naru-runtime as a person types it: a bundle from `spec` to `delete`. */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { ok, root, run, until, type Result } from '../support/command.ts';
import { busyboxTar } from '../support/images.ts';

describe('naru-runtime', () => {
  let bundle: string;
  const runtime = (...words: string[]): Promise<Result> => run(join(root, 'bin/naru-runtime'), ['--root', join(bundle, 'state'), ...words], { cwd: bundle, input: 'typed\n', timeout: 20_000 });
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
    await runtime('delete', '--force', 'one');
    await rm(bundle, { recursive: true });
  });

  test('spec writes a configuration once', async () => {
    assert.equal((await runtime('spec')).code, 0);
    assert.match((await runtime('spec')).stderr, /File config\.json exists\. Remove it first/);
  });

  test('run carries stdio and the exit code, and leaves nothing', async () => {
    await command('sh', '-c', 'cat; echo complaint >&2; exit 5');
    assert.deepEqual(await runtime('run', 'one'), { code: 5, stdout: 'typed\n', stderr: 'complaint\n' });
    assert.equal((await runtime('list', '--quiet')).stdout, '');
  });

  test('create, start, exec, pause, resume, kill, delete', async () => {
    await command('sleep', '1000');
    assert.deepEqual(await runtime('create', '--pid-file', 'pid', 'one'), { code: 0, stdout: '', stderr: '' });
    assert.equal(await status('one'), 'created');
    assert.match((await runtime('create', 'one')).stderr, /container with given ID already exists: one/);
    assert.equal((await runtime('start', 'one')).code, 0);
    assert.equal(await status('one'), 'running');
    assert.deepEqual(await runtime('exec', 'one', 'sh', '-c', 'hostname; exit 3'), { code: 3, stdout: 'naru\n', stderr: '' });
    assert.deepEqual(JSON.parse((await runtime('ps', '--format', 'json', 'one')).stdout), [Number(await readFile(join(bundle, 'pid'), 'utf8'))]);
    assert.equal((await runtime('pause', 'one')).code, 0);
    assert.equal(await status('one'), 'paused');
    assert.equal((await runtime('resume', 'one')).code, 0);
    assert.match((await runtime('delete', 'one')).stderr, /not stopped/);
    assert.equal((await runtime('kill', 'one', 'KILL')).code, 0);
    await until('it has stopped', async () => (await status('one')) === 'stopped');
    assert.equal((await runtime('delete', 'one')).code, 0);
    assert.match((await runtime('state', 'one')).stderr, /container does not exist/);
  });

  test('what is not there is refused by name', async () => {
    assert.match((await runtime('checkpoint', 'one')).stderr, /not implemented: checkpoint/);
    assert.match((await runtime('fly')).stderr, /No help topic for 'fly'/);
    assert.match((await runtime('create', '--console-socket', 's', 'one')).stderr, /not implemented: --console-socket/);
  });
});
