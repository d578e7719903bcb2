/** Debian's docker-compose (1.29, in Python) brings up a file with three networks and aliases, and takes it down again. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { ok, run, until, type Result } from '../support/command.ts';
import { Daemon } from '../support/daemon.ts';
import { importBusybox, install } from '../support/images.ts';
import { freePort } from '../support/ports.ts';

const file = (port: number): string => `
version: "3.7"
services:
  web:
    image: busybox
    command: httpd -f -p 80 -h /etc
    ports: ["${port}:80"]
    networks:
      front: { aliases: [www, shop.test] }
  api:
    image: busybox
    command: sleep 1000
    networks:
      front: {}
      back: { aliases: [backend], ipv4_address: 10.77.0.77 }
  db:
    image: busybox
    command: sleep 1000
    networks:
      back: { aliases: [data] }
      ops: { aliases: [data-for-ops] }
networks:
  front: {}
  back: { internal: true, ipam: { config: [{ subnet: 10.77.0.0/24 }] } }
  ops: { driver_opts: { com.docker.network.driver.mtu: "1400" } }
`;

describe('a compose file of three networks', () => {
  let daemon: Daemon;
  let directory: string;
  let port: number;
  const compose = (...args: string[]): Promise<Result> => run('docker-compose', ['-p', 'three', ...args], { cwd: directory, env: daemon.env });
  const inside = (service: string, ...command: string[]): Promise<Result> => daemon.run('docker', ['exec', `three_${service}_1`, ...command]);

  before(async () => {
    await install('docker-compose=docker-compose');
    daemon = await Daemon.start();
    await importBusybox(daemon);
    directory = await mkdtemp(join(tmpdir(), 'naru-three-'));
    port = await freePort();
    await writeFile(join(directory, 'docker-compose.yml'), file(port));
  });
  after(async () => {
    await daemon?.[Symbol.asyncDispose]();
    await rm(directory, { recursive: true, force: true });
  });

  test('up: everyone is found by service and alias, on the networks where they sit and nowhere else', async () => {
    const { code, stderr } = await compose('up', '-d');
    assert.equal(code, 0, stderr);
    const asked: [from: string, name: string, found: boolean][] = [
      ['api', 'web', true], ['api', 'www', true], ['api', 'shop.test', true], ['api', 'data', true], ['db', 'backend', true], ['db', 'api', true],
      ['web', 'db', false], ['web', 'data', false], ['web', 'backend', false], ['api', 'data-for-ops', false],
    ];
    for (const [from, name, found] of asked) assert.equal((await inside(from, 'ping', '-c', '1', '-W', '20', name)).code === 0, found, `${from} asks for ${name}`);
    assert.match((await inside('db', 'nslookup', 'backend', '127.0.0.11')).stdout, /10\.77\.0\.77/);
    await until('the page', async () => (await inside('api', 'wget', '-qO-', 'http://www/passwd')).stdout.startsWith('root:'));
    assert.match(await ok('curl', ['-s', '--noproxy', '*', `http://127.0.0.1:${port}/passwd`]), /^root:/);
    assert.match((await inside('db', 'ip', 'link')).stdout, /mtu 1400/);
    assert.match((await compose('ps')).stdout, new RegExp(`three_web_1 .* Up .* 0\\.0\\.0\\.0:${port}->80/tcp`));
  });

  test('down: nothing is left of it', async () => {
    const { code, stderr } = await compose('down', '-t', '0');
    assert.equal(code, 0, stderr);
    assert.equal(await daemon.ok('docker', ['ps', '-aq']), '');
    assert.equal(await daemon.ok('docker', ['network', 'ls', '-q', '--filter', 'type=custom']), '');
  });
});
