/** Debian's docker-compose 1.29.2, written against dockerd by others, brings a three-service application up and down. */
import assert from 'node:assert/strict';
import { get } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, describe, test } from 'node:test';
import { ok, root, run, until, type Result } from '../../support/command.ts';
import { clients, Daemon } from '../../support/daemon.ts';
import { importBusybox } from '../../support/images.ts';

const directory = join(root, 'tests/scenarios/clients/application');

describe('docker-compose 1.29.2', () => {
  let daemon: Daemon;
  const flags = ['--no-ansi', '--project-name', 'app'];
  /** Compose has docker build and exec for it, where docker is. */
  const itself = clients().includes('docker') ? {} : { COMPOSE_DOCKER_CLI_BUILD: '0', COMPOSE_INTERACTIVE_NO_CLI: '1' };
  const env = (): NodeJS.ProcessEnv => ({ ...daemon.env, GREETING: 'hello', COMPOSE_PARALLEL_LIMIT: '4', ...itself });
  const compose = (...args: string[]): Promise<string> => ok('docker-compose', [...flags, ...args], { cwd: directory, env: env() });
  const composeFails = (...args: string[]): Promise<Result> => run('docker-compose', [...flags, ...args], { cwd: directory, env: env() });
  const port = async (): Promise<number> => Number((await compose('port', 'web', '80')).split(':')[1]);

  before(async () => {
    daemon = await Daemon.start();
    await importBusybox(daemon);
  });
  after(async () => daemon?.[Symbol.asyncDispose]());

  test('config shows the file with its variables filled in', async () => {
    const config = await compose('config');
    assert.match(config, /GREETING: hello/);
    assert.equal(await compose('config', '--services'), 'store\nweb\nprobe');
  });

  test('up builds, makes networks and volumes, waits for health, starts in order', async () => {
    await compose('up', '-d');
    const names = await daemon.ok('docker', ['ps', '--format', '{{.Names}}']);
    assert.deepEqual(names.split('\n').toSorted(), ['app_probe_1', 'app_store_1', 'app_web_1']);
    assert.equal(await daemon.ok('docker', ['inspect', '--format', '{{.State.Health.Status}}', 'app_store_1']), 'healthy');
    assert.equal(await page(await port()), 'hello from the build\n');
  });

  test('a second up leaves everything as it is', async () => {
    const ids = await daemon.ok('docker', ['ps', '-q', '--no-trunc']);
    await compose('up', '-d');
    assert.equal(await daemon.ok('docker', ['ps', '-q', '--no-trunc']), ids);
  });

  test('ps, top, images and port', async () => {
    const table = await compose('ps');
    assert.match(table, /app_store_1 .*Up \(healthy\)/);
    assert.match(table, /app_web_1 .*0\.0\.0\.0:\d+->80\/tcp/);
    assert.match(await compose('top'), /app_web_1[^]*httpd/);
    assert.match(await compose('images'), /app_web_1 +app_web +latest/);
    assert.equal((await compose('ps', '-q', 'web')).length, 64);
  });

  test('exec and run', async () => {
    assert.equal(await compose('exec', '-T', 'probe', 'sh', '-c', 'echo $ROLE; cat /shared/seed'), 'probe\nplanted');
    const failed = await composeFails('exec', '-T', 'web', 'sh', '-c', 'exit 5');
    assert.equal(failed.code, 5);
    // Without docker's own command Compose attaches after the start (a lazy map of its terminal library): what is printed at once is lost, on dockerd too.
    await until('the page', async () => (await compose('run', '--rm', '-T', 'probe', 'wget', '-q', '-O', '-', 'http://www/')) === 'hello from the build');
    assert.equal(await compose('exec', '-T', 'probe', 'nslookup', 'store').then((answer) => /Address.*10\.201\.9\./.test(answer)), true);
  });

  test('logs of all services, with their names', async () => {
    await until('a probe', async () => /probe_1 +\| web says hello/.test(await compose('logs', '--no-color')));
    assert.match(await compose('logs', '--no-color', '--tail', '1', 'store'), /store_1 +\| ready/);
  });

  test('scale up and down', async () => {
    await compose('up', '-d', '--scale', 'probe=3', '--no-recreate');
    const running = async (): Promise<number> => (await compose('ps', '-q', 'probe')).split('\n').length;
    assert.equal(await running(), 3);
    await compose('up', '-d', '--scale', 'probe=1', '--no-recreate');
    assert.equal(await running(), 1);
  });

  test('a changed setting makes that container new, with its volumes', async () => {
    const before = await compose('ps', '-q', 'store');
    await ok('docker-compose', [...flags, '-f', 'docker-compose.yml', '-f', 'changed.yml', 'up', '-d'], { cwd: directory, env: env() });
    assert.notEqual(await compose('ps', '-q', 'store'), before);
    assert.equal(await compose('exec', '-T', 'store', 'sh', '-c', 'echo $CHANGED; cat /data/kept'), 'yes\nkept');
  });

  test('stop, start, restart, pause, kill, rm', async () => {
    await compose('stop', '-t', '1', 'web');
    assert.match(await compose('ps', 'web'), /Exit \d+/);
    await compose('start', 'web');
    await compose('restart', '-t', '0', 'web');
    await until('the page', async () => (await page(await port())) === 'hello from the build\n');
    await compose('pause', 'web');
    assert.match(await compose('ps', 'web'), /Paused/);
    await compose('unpause', 'web');
    await compose('kill', '-s', 'KILL', 'probe');
    await compose('rm', '-f', 'probe');
    assert.equal(await compose('ps', '-q', 'probe'), '');
  });

  test('a service that ends with an error fails up', async () => {
    const { code } = await composeFails('-f', 'ends.yml', 'up', '--exit-code-from', 'ends');
    assert.equal(code, 3);
    await compose('-f', 'ends.yml', 'down');
  });

  test('down takes everything away', async () => {
    await compose('down', '-v', '--rmi', 'all', '--remove-orphans');
    assert.equal(await daemon.ok('docker', ['ps', '-aq']), '');
    assert.equal(await daemon.ok('docker', ['volume', 'ls', '-q']), '');
    assert.equal(await daemon.ok('docker', ['network', 'ls', '--filter', 'type=custom', '-q']), '');
    assert.equal(await daemon.ok('docker', ['image', 'ls', '-q']), '');
  });
});

function page(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, agent: false, timeout: 5000 }, (response) => resolve(text(response))).on('error', reject);
  });
}
