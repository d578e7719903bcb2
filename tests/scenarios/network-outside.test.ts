/**
 * A shop behind a published port: nginx, a Node service, Redis and MariaDB on two networks, talking by name; a client
 * outside the host, a firewall on the way.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { root, until } from '../support/command.ts';
import { importServices, install } from '../support/images.ts';
import { capture, clientAt, hostAt, Outside } from '../support/outside.ts';
import type { Sandbox } from '../support/sandbox.ts';

const shop = join(root, 'tests/scenarios/images/shop');
const database = `
  mysqld_safe --skip-networking=0 --bind-address=0.0.0.0 >/dev/null 2>&1 &
  until mysqladmin ping >/dev/null 2>&1; do sleep 0.1; done
  mysql -e "CREATE DATABASE shop; CREATE USER shop IDENTIFIED BY 'secret'; GRANT ALL ON shop.* TO shop"; wait`;

describe('a shop that the world visits', () => {
  let world: Outside;
  const visit = async (from: Sandbox, url: string): Promise<{ visits: number; who: string }> => JSON.parse(await world.fetch(from, url)) as { visits: number; who: string };
  const page = `http://${hostAt[4]}:8080/`;

  before(async () => {
    await install('iperf3=iperf3', 'tcpdump=tcpdump');
    world = await Outside.open();
    await importServices(world.daemon);
    await world.docker('network', 'create', '--internal', 'back');
    await world.docker('network', 'create', '--ipv6', 'front');
    await world.docker('run', '-d', '--name', 'mariadb', '--network', 'back', '--network-alias', 'db', 'services', 'sh', '-c', database);
    await world.docker('run', '-d', '--name', 'cache', '--network', 'back', 'services', 'redis-server', '--protected-mode', 'no');
    // Two networks, the first of them internal: the ports are published by the other one.
    await world.docker('create', '--name', 'app', '--network', 'back', '-p', '3000:3000', '-v', `${process.execPath}:/srv/node:ro`, '-v', `${shop}/service.mjs:/srv/service.mjs:ro`, 'services', '/srv/node', '/srv/service.mjs');
    await world.docker('network', 'connect', 'front', 'app');
    await world.docker('start', 'app');
    await world.docker('run', '-d', '--name', 'web', '--network', 'front', '--dns', clientAt[4], '-p', '8080:80', '-v', `${shop}/nginx.conf:/etc/nginx/nginx.conf:ro`, 'services', 'nginx');
    await until('the shop is open', async () => (await visit(world.client, page)).visits > 0, 300);
  });
  after(() => world?.[Symbol.asyncDispose]());

  test('the client comes with its own address, over both families; so do the host and a neighbour with theirs', async () => {
    assert.equal((await visit(world.client, page)).who, clientAt[4]);
    assert.equal((await visit(world.client, `http://[${hostAt[6]}]:8080/`)).who, clientAt[6]);
    assert.ok((await visit(world.host, 'http://127.0.0.1:8080/')).who);
    assert.ok((await visit(world.host, 'http://[::1]:8080/')).who);
    assert.equal((await visit(world.client, `http://${hostAt[4]}:3000/`)).who, '', 'a port of a container whose first network is internal');
    assert.match(await capture(world, 'web', 'tcp port 80 and tcp[tcpflags] & tcp-syn != 0', () => world.fetch(world.client, page)), new RegExp(`IP ${clientAt[4].replaceAll('.', '\\.')}\\.\\d+ > [0-9.]+\\.80: Flags \\[S\\]`));
  });

  test('the internal network reaches nobody outside; the other one does, with the host\'s address', async () => {
    await assert.rejects(world.docker('exec', 'cache', 'ping', '-c', '1', '-W', '1', clientAt[4]));
    await world.docker('exec', 'web', 'ping', '-c', '1', '-W', '20', clientAt[4]);
    await assert.rejects(world.docker('exec', 'web', 'getent', 'hosts', 'db'), 'names of a network where it does not sit');
    assert.match(await world.docker('exec', 'app', 'getent', 'hosts', 'db'), / db$/);
  });

  test('the firewall of the host decides, and its reload takes nothing of ours', async () => {
    await world.host.sh(`nft 'table inet fw { chain input { type filter hook input priority 0; policy drop; ct state established,related accept; meta l4proto 58 accept; iif lo accept; }; }'`);
    assert.equal(await world.fetch(world.client, page, 2), '');
    assert.ok((await visit(world.host, 'http://127.0.0.1:8080/')).visits > 0, 'the host itself is not judged');
    await world.host.sh(`nft add rule inet fw input ip saddr ${clientAt[4]} tcp dport 8080 accept`);
    assert.equal((await visit(world.client, page)).who, clientAt[4]);
    await world.host.sh('nft flush ruleset');
    await until('the rules are back', async () => (await world.fetch(world.client, page, 2)) !== '');
    assert.match(world.daemon.log, /another program changed the nftables rules of this daemon: laid anew/);
  });

  test('after kill -9 of the daemon everything is where it was', async () => {
    const addresses = () => world.docker('inspect', '-f', '{{range .NetworkSettings.Networks}}{{.IPAddress}} {{.GlobalIPv6Address}} {{end}}{{.NetworkSettings.Ports}}', 'web', 'app', 'cache', 'mariadb');
    const before = await addresses();
    await world.daemon.crash();
    assert.equal((await visit(world.client, page)).who, clientAt[4], 'the way in needs no daemon');
    await world.daemon.up();
    await until('names are answered', async () => (await world.docker('exec', 'app', 'getent', 'hosts', 'db')).endsWith(' db'));
    assert.equal(await addresses(), before);
    assert.equal((await visit(world.client, page)).who, clientAt[4]);
  });

  test('bytes flow: between containers, from the host, from outside through a port', async () => {
    await world.docker('run', '-d', '--name', 'measure', '--network', 'front', '-p', '5201:5201', 'services', 'iperf3', '-s');
    await until('the server listens', async () => (await world.inContainer('measure', "ss -Hltn 'sport = :5201'")) !== '');
    const bytes = (json: string): number => (JSON.parse(json) as { end: { sum_received: { bytes: number } } }).end.sum_received.bytes;
    const runs = {
      'between containers': () => world.docker('exec', 'web', 'iperf3', '-J', '-t', '1', '-c', 'measure'),
      'from the host': async () => (await world.host.sh('iperf3 -J -t 1 -c 127.0.0.1')).stdout,
      'from outside': async () => (await world.client.sh(`iperf3 -J -t 1 -c ${hostAt[4]}`)).stdout,
      'from outside, IPv6': async () => (await world.client.sh(`iperf3 -J -t 1 -c ${hostAt[6]}`)).stdout,
    };
    for (const [way, run] of Object.entries(runs)) assert.ok(bytes(await run()) > 1_000_000, way);
  });
});
