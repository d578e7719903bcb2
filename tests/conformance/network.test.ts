/** The network room on a real kernel: namespaces as containers have them, seen from inside and from the host. */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { createSocket } from 'node:dgram';
import { test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { ok, run, until } from '../support/command.ts';
import { freePort, twoFreePorts } from '../support/ports.ts';
import { nameServer } from '../support/name-server.ts';
import { fetchCommand, NetworkWorld, noDns, Sandbox, wire } from '../support/sandbox.ts';

const hostAddress = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []).find(({ family, internal }) => family === 'IPv4' && !internal)?.address ?? '127.0.0.1';

const tcp = (containerPort: number, hostPort: number, hostIp = '') => ({ protocol: 'tcp' as const, containerPort, hostIp, hostPort, hostPortEnd: hostPort });

async function reaches(from: Sandbox | 'host', address: string, port: number): Promise<string | undefined> {
  const script = fetchCommand(address, port, 60);
  const result = from === 'host' ? await run('sh', ['-c', script]) : await from.sh(script);
  return /\r?\n\r?\n([^]*)/.exec(result.stdout)?.[1]?.trim();
}

/** Asks again each second: a machine under load may lose a packet. */
async function pings(from: Sandbox, address: string, seconds = 20): Promise<boolean> {
  return (await from.sh(`ping -c 1 -w ${seconds} ${address}`)).code === 0;
}

async function open(): Promise<NetworkWorld> {
  const world = new NetworkWorld();
  await world.networks.recover([]);
  return world;
}

test('a container on the default bridge has an interface as Docker makes it and reaches its neighbours', async () => {
  await using world = await open();
  const [a, b] = [await world.attach('a'), await world.attach('b')];
  const address = world.addressOf(a);
  const { stdout } = await a.sh('cat /proc/net/if_inet6; ip -o -4 addr show; ip route; ip -o link show eth0');
  const [first, second, third, fourth] = address.split('.').map(Number);
  const mac = [2, 0x42, first, second, third, fourth].map((byte) => (byte ?? 0).toString(16).padStart(2, '0')).join(':');
  assert.match(stdout, new RegExp(`eth0 +inet ${address}/(16|20) brd `));
  assert.match(stdout, /^default via [0-9.]+ dev eth0/m);
  assert.match(stdout, new RegExp(`mtu 1500 .*link/ether ${mac}`));
  assert.doesNotMatch(stdout, /fe80.*eth0/, 'IPv6 is off where the network has none');
  assert.ok(await pings(a, world.addressOf(b)));
  assert.ok(await pings(a, world.networks.find('bridge').ipam.pools[0]?.gateway ?? ''));
});

test('an interface passes packets on from the moment it is there, however busy the kernel is with links: the first ones are not lost', async () => {
  await using world = await open();
  const elsewhere = await Sandbox.open('e'.repeat(64));
  world.sandboxes.push(elsewhere);
  const busy = spawn('nsenter', ['-t', String(elsewhere.pid), '-n', 'sh', '-c', 'while ip link add a type veth peer name b && ip link del a; do :; done'], { stdio: 'ignore' });
  const ended = once(busy, 'exit');
  const states: string[] = [];
  try {
    for (let round = 0; round < 40; round++) {
      const sandbox = await world.attach(`early${round}`);
      const [endpoint] = world.networks.endpoints({ containerId: sandbox.containerId });
      states.push(readFileSync(`/sys/class/net/nr${endpoint?.id.slice(0, 12)}/operstate`, 'utf8').trim());
    }
  } finally {
    busy.kill('SIGKILL');
    await ended;
  }
  assert.deepEqual(new Set(states), new Set(['up']), states.join(' '));
});

test('a published port answers on every address, to the host, to neighbours and to the container itself', async () => {
  const port = await freePort();
  await using world = await open();
  const server = await world.attach('server', { ports: [tcp(80, port)] });
  const other = await world.attach('other');
  await server.serve(80, 'the page', world.directory);
  assert.equal(await reaches('host', '127.0.0.1', port), 'the page');
  assert.equal(await reaches('host', hostAddress, port), 'the page');
  assert.equal(await reaches('host', '::1', port), 'the page', 'relayed: the container has no IPv6');
  assert.equal(await reaches(other, hostAddress, port), 'the page');
  assert.equal(await reaches(server, hostAddress, port), 'the page', 'hairpin');
  assert.equal(await reaches(other, world.addressOf(server), 80), 'the page');
  await world.networks.release(server.containerId);
  assert.equal(await reaches('host', '127.0.0.1', port), undefined);
});

test('a published UDP port answers the host, neighbours, other networks and the container itself by the host\'s addresses', async () => {
  const port = await freePort();
  await using world = await open();
  await world.networks.create({ name: 'dual', enableIPv6: true });
  const gateways = world.networks.find('dual').ipam.pools.map(({ gateway }) => gateway);
  const server = await world.attach('server', { network: 'dual', ports: [{ ...tcp(9000, port), protocol: 'udp' }] });
  await server.answerUdp(9000, 'heard');
  const [neighbour, stranger] = [await world.attach('neighbour', { network: 'dual' }), await world.attach('stranger')];
  const dual = [neighbour, server].flatMap((from) => [hostAddress, ...gateways].map((address) => from.askUdp(address, port)));
  assert.deepEqual(await Promise.all([...dual, stranger.askUdp(hostAddress, port)]), Array(7).fill('heard'));
  await world.networks.release(server.containerId);
  assert.equal(await neighbour.askUdp(hostAddress, port, 1), '');
});

test('a port at one address is not published at another', async () => {
  const port = await freePort();
  await using world = await open();
  const server = await world.attach('server', { ports: [tcp(80, port, '127.0.0.1')] });
  await server.serve(80, 'inside', world.directory);
  assert.equal(await reaches('host', '127.0.0.1', port), 'inside');
  assert.equal(await reaches('host', hostAddress, port), undefined);
});

test('a port that is taken is refused in Docker words, whoever has it, and leaves nothing', async () => {
  const [port, otherPort] = await twoFreePorts();
  await using world = await open();
  await world.attach('first', { ports: [tcp(80, port)] });
  const taken = world.networks.allocate({ containerId: 'f'.repeat(64), containerName: 'second', network: 'bridge', aliases: [], ports: [tcp(81, otherPort), tcp(80, port)] });
  await assert.rejects(taken, new RegExp(`^Internal: driver failed programming external connectivity on endpoint second \\([0-9a-f]{64}\\): Bind for 0\\.0\\.0\\.0:${port} failed: port is already allocated \\(container first\\)$`));
  assert.deepEqual(world.networks.endpoints({ containerId: 'f'.repeat(64) }), []);

  const stranger = createServer().listen(otherPort, '0.0.0.0');
  await once(stranger, 'listening');
  const refused = world.networks.allocate({ containerId: 'f'.repeat(64), containerName: 'second', network: 'bridge', aliases: [], ports: [tcp(81, otherPort)] });
  await assert.rejects(refused, new RegExp(`failed to bind host port for 0\\.0\\.0\\.0:${otherPort}:[0-9.]+:81/tcp: address already in use \\(process \\d+, .*\\)$`));
  stranger.close();
  await once(stranger, 'close');

  const rival = createServer().listen(port, '0.0.0.0');
  const [error] = (await once(rival, 'error')) as [NodeJS.ErrnoException];
  assert.equal(error.code, 'EADDRINUSE', 'the port is held against other programs');
});

test('networks cannot reach each other, internal ones cannot leave, icc=false keeps neighbours apart', async () => {
  await using world = await open();
  await world.networks.create({ name: 'inner', internal: true });
  await world.networks.create({ name: 'shy', options: { 'com.docker.network.bridge.enable_icc': 'false' } });
  const a = await world.attach('a');
  const [inner1, inner2] = [await world.attach('inner1', { network: 'inner' }), await world.attach('inner2', { network: 'inner' })];
  const [shy1, shy2] = [await world.attach('shy1', { network: 'shy' }), await world.attach('shy2', { network: 'shy' })];
  assert.ok(await pings(inner1, world.addressOf(inner2)));
  assert.ok(!(await pings(inner1, hostAddress, 1)), 'internal: no way out');
  assert.ok(!(await pings(shy1, world.addressOf(shy2), 1)), 'icc=false');
  assert.ok(await pings(shy1, hostAddress));
  assert.ok(!(await pings(a, world.addressOf(shy1), 1)), 'isolation');
  assert.ok(!(await pings(shy1, world.addressOf(a), 1)), 'isolation');
});

test('names, aliases, short ids and reverse look-ups are answered at 127.0.0.11', async () => {
  await using world = await open();
  await world.networks.create({ name: 'app' });
  const web = await world.attach('web', { network: 'app', aliases: ['www', 'pool'] });
  const db = await world.attach('db', { network: 'app', aliases: ['pool'], links: [] });
  const lookUp = async (name: string) => (await db.sh(`busybox nslookup ${name} 127.0.0.11`)).stdout;
  const address = world.addressOf(web);
  for (const name of ['web', 'WEB', 'www', web.containerId.slice(0, 12), 'web.app']) assert.match(await lookUp(name), new RegExp(`Address:? .*${address.replaceAll('.', '\\.')}|Address: *${address}`), name);
  const both = await lookUp('pool');
  assert.ok(both.includes(address) && both.includes(world.addressOf(db)), both);
  assert.match(await lookUp(address), /web\.app/);
  assert.match((await db.sh('busybox nc -w 1 127.0.0.11 53 </dev/null; echo $?')).stdout, /^0$/m, 'TCP too');
  assert.equal((await db.sh('busybox nc -l -p 53 </dev/null & sleep 0.3; kill $!')).code, 0, 'the container may have a port 53 of its own');
  world.networks.rename(web.containerId, 'front');
  assert.ok((await lookUp('front')).includes(address));
});

test('thousands of questions wait their turn while the daemon does something else', async () => {
  await using world = await open();
  await world.networks.create({ name: 'app' });
  const asker = await world.attach('asker', { network: 'app' });
  const program = `const s = require('node:dgram').createSocket('udp4'); const question = Buffer.from('0001010000010000000000000561736b65720000010001', 'hex'); let left = 5000;
    s.connect(53, '127.0.0.11', () => { for (let i = 0; i < 5000; i++) s.send(question, () => { if (--left === 0) process.exit(); }); })`;
  execFileSync('nsenter', ['-t', String(asker.pid), '-n', process.execPath, '-e', program]); // this process, the daemon, reads nothing meanwhile
  const [, lost] = /^Udp: \d+ \d+ \d+ \d+ (\d+)/m.exec((await asker.sh('cat /proc/net/snmp')).stdout) ?? [];
  assert.equal(lost, '0');
  assert.ok((await asker.sh('busybox nslookup asker 127.0.0.11')).stdout.includes(world.addressOf(asker)));
});

test('other names are asked of the resolvers outside, over UDP and TCP, once; from internal networks of those inside alone', async () => {
  await using world = await open();
  const outside = await world.networks.create({ name: 'outside' });
  const inside = await world.networks.create({ name: 'inside', internal: true });
  const resolver = outside.ipam.pools[0]?.gateway ?? '';
  const dns = { ...noDns, servers: [resolver] };
  const asker = await world.attach('asker', { network: 'outside' }, dns);
  const prisoner = await world.attach('prisoner', { network: 'inside' }, dns);
  const visitor = await world.attach('visitor', { network: 'inside' }, { ...noDns, servers: [inside.ipam.pools[0]?.gateway ?? ''] });
  await using server = await nameServer(resolver);
  await using insider = await nameServer(inside.ipam.pools[0]?.gateway ?? '');
  const lookUp = async (sandbox: Sandbox, name: string) => (await sandbox.sh(`busybox nslookup ${name} 127.0.0.11`)).stdout;
  assert.match(await lookUp(asker, 'example.test'), /192\.0\.2\.1/);
  assert.match(await lookUp(asker, 'Example.test'), /192\.0\.2\.1/);
  assert.equal(server.questions.filter((question) => question === 'udp 1 example.test').length, 1, 'then from the cache');
  assert.match(await lookUp(asker, 'nobody.invalid'), /NXDOMAIN/);
  assert.match(await lookUp(prisoner, 'example.test'), /SERVFAIL/);
  assert.match(await lookUp(visitor, 'example.test'), /192\.0\.2\.1/);
  assert.ok(insider.questions.includes('udp 1 example.test'));
  const seat = await world.networks.allocate({ containerId: prisoner.containerId, containerName: 'prisoner', network: 'outside', aliases: [], ports: [] });
  await world.networks.connect(prisoner, seat.id);
  assert.match(await lookUp(prisoner, 'example.test'), /192\.0\.2\.1/, 'free');
  await world.networks.disconnect(prisoner, seat.id);
  assert.match(await lookUp(prisoner, 'example.test'), /SERVFAIL/, 'and no more');
  const { stdout } = await asker.sh(`${process.execPath} -e "const d = require('node:dns'); d.setServers(['127.0.0.11']); d.promises.resolve4('big.example.test').then((all) => console.log(all.length))"`);
  assert.equal(stdout.trim(), '100');
  assert.ok(server.questions.includes('udp 1 big.example.test') && server.questions.includes('tcp 1 big.example.test'), 'cut over UDP, whole over TCP');
});

test('rules that another program removes are laid anew, and nothing else is touched', async () => {
  const port = await freePort();
  await using world = await open();
  const server = await world.attach('server', { ports: [tcp(80, port)] });
  await server.serve(80, 'the page', world.directory);
  const table = tableOf(world);
  const rules = async () => (await Promise.all(['inet', 'ip', 'ip6'].map((family) => run('nft', ['list', 'table', family, table])))).map(({ stdout }) => stdout).join('');
  const before = await rules();
  const attacks = [`delete table inet ${table}`, `delete table ip ${table}`, `flush chain inet ${table} forward`, `delete element inet ${table} any4 { tcp . ${port} }`, `flush set inet ${table} masquerade4`];
  for (const attack of attacks) {
    await ok('nft', [attack]);
    await until(`repair after ${attack}`, async () => (await rules()) === before);
    assert.equal(await reaches('host', hostAddress, port), 'the page', attack);
  }
  assert.equal(world.warnings.length, attacks.length);
  await ok('nft', ['add table inet naru_test_stranger; delete table inet naru_test_stranger']);
  await new Promise((wake) => setTimeout(wake, 700));
  assert.equal(world.warnings.length, attacks.length, 'what others do to their own is no concern');
});

test('a UDP flow that goes on follows its port from one container to the next', async () => {
  const port = await freePort();
  await using world = await open();
  const udp = [{ protocol: 'udp' as const, containerPort: 9000, hostIp: '', hostPort: port, hostPortEnd: port }];
  const client = createSocket('udp4').unref();
  const heard: string[] = [];
  client.on('message', (bytes) => heard.push(bytes.toString()));
  const ask = (name: string) => until(`an answer of ${name}`, async () => {
    client.send('?', port, '127.0.0.1');
    return heard.includes(name);
  });
  for (const name of ['first', 'second']) {
    const container = await world.attach(name, { ports: udp });
    await container.answerUdp(9000, name);
    await ask(name);
    await world.networks.release(container.containerId);
  }
  client.close();
});

test('an interface whose namespace another process keeps is removed all the same', async () => {
  await using world = await open();
  const container = await world.attach('a');
  const near = `nr${world.networks.endpoints({ containerId: container.containerId })[0]?.id.slice(0, 12)}`;
  await world.networks.release(container.containerId);
  assert.equal((await run('ip', ['link', 'show', near])).code, 0);
  await until('the sweep', async () => (await run('ip', ['link', 'show', near])).code !== 0);
});

test('a daemon that was killed finds ports, names and addresses as they were, and removes what ended meanwhile', async () => {
  const [port, otherPort] = await twoFreePorts();
  await using world = await open();
  await world.networks.create({ name: 'app' });
  const kept = await world.attach('kept', { network: 'app', ports: [tcp(80, port)] });
  const gone = await world.attach('gone', { network: 'app', ports: [tcp(80, otherPort)] });
  await kept.serve(80, 'still here', world.directory);
  const before = world.networks.endpoints({ containerId: kept.containerId });
  await world.reopen();
  await ok('nft', ['delete', 'table', 'inet', tableOf(world)]);
  await world.networks.recover([kept]);
  assert.deepEqual(JSON.stringify(world.networks.endpoints({ containerId: kept.containerId })), JSON.stringify(before));
  assert.deepEqual(world.networks.endpoints({ containerId: gone.containerId }), []);
  assert.equal(await reaches('host', '127.0.0.1', port), 'still here');
  assert.ok((await kept.sh('busybox nslookup kept 127.0.0.11')).stdout.includes(world.addressOf(kept)));
  assert.ok(!(await pings(gone, world.addressOf(kept), 1)), 'its link is gone');
  const rival = createServer().listen(port, '0.0.0.0');
  assert.equal(((await once(rival, 'error')) as [NodeJS.ErrnoException])[0].code, 'EADDRINUSE');
});

test('a port that another program took while no daemon was there is still its container\'s, and the others of that one are held', async () => {
  const [port, otherPort] = await twoFreePorts();
  await using world = await open();
  const kept = await world.attach('kept', { ports: [tcp(80, port, '127.0.0.1'), tcp(81, otherPort, '127.0.0.1')] });
  await world.reopen();
  const stranger = createServer().listen(port, '127.0.0.1');
  await once(stranger, 'listening');
  await world.networks.recover([kept]);
  stranger.close();
  await once(stranger, 'close');
  const taken = world.networks.allocate({ containerId: 'f'.repeat(64), containerName: 'second', network: 'bridge', aliases: [], ports: [tcp(80, port)] });
  await assert.rejects(taken, new RegExp(`Bind for 0\\.0\\.0\\.0:${port} failed: port is already allocated \\(container kept\\)$`));
  const rival = createServer().listen(otherPort, '127.0.0.1');
  assert.equal(((await once(rival, 'error')) as [NodeJS.ErrnoException])[0].code, 'EADDRINUSE');
  await world.networks.release(kept.containerId);
  await world.attach('third', { ports: [tcp(80, port)] });
});

for (const [mode, rpFilter] of [['no', '0'], ['strict', '1'], ['loose', '2']] as const) {
  test(`the input policy of the host guards published ports, and the client keeps its address (${mode} reverse-path filter)`, async () => {
    const phases = await guardedHost(rpFilter, 'true');
    assert.deepEqual(phases, {
      'no firewall': ['203.0.113.2', '2001:db8::2'],
      'input dropped': ['', ''],
      'let in': ['203.0.113.2', '2001:db8::2'],
      'at an address of one link: from outside, from the host': ['200', '200'],
      'from a translated network': ['203.0.113.1', '2001:db8::1'],
      ...(rpFilter === '0' && {
        'routed: out, published, not published': ['10.214.0.2', '203.0.113.2', ''],
        'published by another network of the container: there, in the routed one, not published': ['203.0.113.2', '203.0.113.2', ''],
        'routed over IPv6 alone: out over both, published, its IPv4 port at the host, not published': ['its own', '203.0.113.1', '2001:db8::2', '203.0.113.2', '', ''],
        'at its own address, by a trusted link: published, not published': ['203.0.113.2', ''],
        'direct routing: published over both, at the host, not published': ['203.0.113.2', '2001:db8::2', '203.0.113.2', '', ''],
        'not published, with the mark that is accepted; into an internal network, out of it': ['203.0.113.2', '2001:db8::2', '', ''],
        'after a flush of the whole ruleset': ['203.0.113.2', '2001:db8::2'],
        'a link of the guard was switched off': ['203.0.113.2', '2001:db8::2'],
        'the guard was removed': ['203.0.113.2', '2001:db8::2'],
        'forward: what comes by the outer link is dropped': ['', ''],
        'forward: the published port is dropped': ['', ''],
        'reloaded: input and forward drop, but the port and what is translated': ['203.0.113.2', '2001:db8::2'],
        'another daemon beside it, and gone again': ['203.0.113.2', '203.0.113.2', '2001:db8::2', '203.0.113.2', '2001:db8::2'],
      }),
    });
  });
}

test('what is taken of the host\'s network wakes the daemon, what comes and goes with containers does not', async () => {
  const heard: unknown = JSON.parse(await ok('unshare', ['-n', process.execPath, join(import.meta.dirname, '../support/losses-heard.ts')], { timeout: 120_000 }));
  const { 'six lives': lives, ...losses } = heard as Record<string, boolean>;
  assert.equal(lives, false);
  assert.deepEqual(new Set(Object.values(losses)), new Set([true]));
});

test('a bridge that somebody removed is there again for the next containers, and for those that were on it; so is a route of one', async () => {
  await using world = await open();
  await world.networks.create({ name: 'dual', enableIPv6: true });
  const { interfaceName, ipam } = world.networks.find('dual');
  const [subnet, subnet6] = ipam.pools.map((pool) => pool.subnet);
  const routes = async () => (await Promise.all(['-4', '-6'].map((family) => ok('ip', [family, 'route', 'show', 'dev', interfaceName])))).join('\n').split('\n').map((line) => line.replaceAll(/ (linkdown|pref medium)/g, '').trim()).filter((line) => !line.startsWith('fe80') && line !== '').sort();
  const made = await routes();
  assert.equal(made.length, 2);
  await ok('ip', ['link', 'del', interfaceName]);
  const together = await Promise.all(['a', 'b'].map((name) => world.attach(name, { network: 'dual' })));
  for (const sandbox of together) assert.ok(await pings(sandbox, ipam.pools[0]?.gateway ?? ''), 'attached');
  const near = async () => (await ok('ip', ['-o', 'link', 'show', 'master', interfaceName])).trim().split('\n').length;
  const late = await world.attach('late');
  await ok('ip', ['link', 'del', interfaceName]);
  await world.networks.connect(late, (await world.networks.allocate({ containerId: late.containerId, containerName: 'late', network: 'dual', aliases: [], ports: [] })).id);
  assert.ok(await pings(late, ipam.pools[0]?.gateway ?? ''), 'connected');
  await until('those that were there before', async () => (await near()) === 3);
  for (const sandbox of together) assert.ok(await pings(sandbox, ipam.pools[0]?.gateway ?? ''), 'there before');
  assert.deepEqual(await routes(), made);
  assert.ok(world.warnings.every((line) => line.includes(interfaceName)));
  await ok('ip', ['route', 'del', subnet ?? '', 'dev', interfaceName]);
  await ok('ip', ['-6', 'route', 'del', subnet6 ?? '', 'dev', interfaceName]);
  await until('routes', async () => (await routes()).length === made.length);
  assert.deepEqual(await routes(), made);
  await world.reopen();
  await ok('ip', ['route', 'del', subnet ?? '', 'dev', interfaceName]);
  await ok('ip', ['-6', 'route', 'del', subnet6 ?? '', 'dev', interfaceName]);
  assert.deepEqual(await routes(), []);
  const [first] = world.networks.endpoints({ containerId: together[0]?.containerId ?? '' });
  await ok('ip', ['link', 'set', `nr${first?.id.slice(0, 12)}`, 'nomaster']);
  await world.networks.recover(world.sandboxes);
  assert.deepEqual(await routes(), made);
  await until('one that was taken out while no daemon was there', async () => (await near()) === 3);
});

test('without the guard published ports pass the input policy by, as Docker has it', async () => {
  assert.deepEqual((await guardedHost('0', 'false'))['input dropped'], ['203.0.113.2', '2001:db8::2']);
});

test('connecting and disconnecting a running container moves its default route', async () => {
  await using world = await open();
  await world.networks.create({ name: 'second' });
  const a = await world.attach('a');
  const request = { containerId: a.containerId, containerName: 'a', network: 'second', aliases: [], ports: [], gatewayPriority: 1 };
  const connected = await world.networks.connect(a, (await world.networks.allocate(request)).id);
  assert.equal(connected.interfaceName, 'eth1');
  assert.match((await a.sh('ip route')).stdout, new RegExp(`default via ${connected.ipv4?.gateway} dev eth1`));
  await world.networks.disconnect(a, connected.id);
  const { stdout } = await a.sh('ip route; ip -o link');
  assert.match(stdout, /default via [0-9.]+ dev eth0/);
  assert.doesNotMatch(stdout, /eth1/);
});

test('each family has its default route by the first network that has it, whatever comes and goes', async () => {
  await using world = await open();
  await world.networks.create({ name: 'dual', enableIPv6: true });
  await world.networks.create({ name: 'four' });
  await world.networks.create({ name: 'six', enableIPv4: false, enableIPv6: true });
  const a = await world.attach('a', { network: 'dual' });
  const routes = async (): Promise<string> => ((await a.sh('ip route show default; ip -6 route show default')).stdout.match(/(?<=dev )\S+/g) ?? []).join(' ');
  const connect = async (network: string, gatewayPriority: number) => world.networks.connect(a, (await world.networks.allocate({ containerId: a.containerId, containerName: 'a', network, aliases: [], ports: [], gatewayPriority })).id);
  const dual = world.networks.endpoints({ containerId: a.containerId })[0]?.id ?? '';
  const seen = [await routes()];
  const four = await connect('four', 5);
  seen.push(await routes());
  const six = await connect('six', 9);
  seen.push(await routes());
  for (const { id } of [four, six]) {
    await world.networks.disconnect(a, id);
    seen.push(await routes());
  }
  await connect('six', -3);
  seen.push(await routes());
  await world.networks.disconnect(a, dual);
  seen.push(await routes());
  assert.deepEqual(seen, ['eth0 eth0', 'eth1 eth0', 'eth1 eth2', 'eth0 eth2', 'eth0 eth0', 'eth0 eth0', 'eth1']);
});

test('a macvlan container is a neighbour on its parent wire', async () => {
  await using world = await open();
  await using _neighbour = await wire();
  await world.networks.create({ name: 'wire', driver: 'macvlan', options: { parent: 'nrtest-up' }, ipam: { pools: [{ subnet: '10.66.0.0/24', gateway: '10.66.0.1' }] } });
  const container = await world.attach('container', { network: 'wire' });
  assert.equal(world.addressOf(container), '10.66.0.2');
  assert.ok(await pings(container, '10.66.0.1'));
  assert.match((await container.sh('ip -o link show eth0; ip route')).stdout, /02:42:0a:42:00:02[^]*default via 10\.66\.0\.1 dev eth0/);
  await assert.rejects(world.networks.create({ name: 'other', driver: 'macvlan', options: { parent: 'nowhere' } }), /^Internal: invalid subinterface vlan name nowhere, example formatting is eth0\.10$/);
  const [endpoint] = world.networks.endpoints({ containerId: container.containerId });
  await world.networks.disconnect(container, endpoint?.id ?? '');
  assert.doesNotMatch((await container.sh('ip -o link')).stdout, /eth0/);
});

test('ipvlan works or is refused with its reason', async () => {
  await using world = await open();
  const supported = (await run('sh', ['-c', 'ip link add nrtest-ipv link lo type ipvlan && ip link del nrtest-ipv'])).code === 0;
  const made = world.networks.create({ name: 'ip', driver: 'ipvlan' });
  if (supported) await made;
  else await assert.rejects(made, /^InvalidArgument: the kernel of this host has no ipvlan driver/);
  assert.equal(world.networks.list().some(({ name }) => name === 'ip'), supported);
});

test('traffic is told as the inside counts it, anew as soon as something has passed, on a bridge and without one', async () => {
  await using world = await open();
  await using neighbour = await wire();
  await world.networks.create({ name: 'wire', driver: 'macvlan', options: { parent: 'nrtest-up' }, ipam: { pools: [{ subnet: '10.66.0.0/24', gateway: '10.66.0.1' }] } });
  const [bridged, wired] = [await world.attach('bridged'), await world.attach('wired', { network: 'wire' })];
  await bridged.sh('ip link add more type veth peer name less'); // of no endpoint
  for (const [sandbox, other] of [[bridged, world.networks.find('bridge').ipam.pools[0]?.gateway ?? ''], [wired, '10.66.0.1']] as const) {
    for (let round = 0; round < 3; round++) {
      const received = (): number => world.networks.traffic(sandbox)['eth0']?.received.packets ?? 0;
      const before = received();
      assert.ok(await pings(sandbox, other));
      assert.ok(received() > before, `${sandbox.containerId}, round ${round}`);
      await until('both tell the same', async () => isDeepStrictEqual(world.networks.traffic(sandbox), trafficInside(sandbox)));
    }
  }
  assert.deepEqual(world.networks.traffic(neighbour), {}, 'it has no endpoints');
});

/** Of eth0, by proc(5). */
function trafficInside({ pid }: Sandbox): object {
  const row = /eth0:(.*)/.exec(readFileSync(`/proc/${pid}/net/dev`, 'utf8'))?.[1]?.trim().split(/\s+/).map(Number) ?? [];
  const counters = ([bytes, packets, errors, dropped]: number[]): object => ({ bytes, packets, errors, dropped });
  return { eth0: { received: counters(row), sent: counters(row.slice(8)) } };
}

test('an interface has the name that the user gave it', async () => {
  await using world = await open();
  const container = await world.attach('a', { driverOptions: { 'com.docker.network.endpoint.ifname': 'lan0' } });
  assert.match((await container.sh('ip route')).stdout, /^default via [0-9.]+ dev lan0/m);
});

test('closing with nothing running leaves the host as it was', async () => {
  const port = await freePort();
  const forwarding = readFileSync('/proc/sys/net/ipv4/ip_forward', 'utf8');
  const world = await open();
  const bridge = world.networks.find('bridge').interfaceName;
  const table = tableOf(world);
  await world.networks.create({ name: 'mine' });
  await world.attach('a', { ports: [tcp(80, port)] }, noDns);
  assert.match(await ok('nft', ['list', 'tables']), new RegExp(table));
  await world[Symbol.asyncDispose]();
  assert.doesNotMatch(await ok('nft', ['list', 'tables']), new RegExp(table));
  await until('no link left', async () => !new RegExp(`${bridge}`).test(await ok('ip', ['-br', 'link'])));
  assert.equal(readFileSync('/proc/sys/net/ipv4/ip_forward', 'utf8'), forwarding);
});

async function guardedHost(rpFilter: string, guarded: string): Promise<Record<string, string[]>> {
  const program = join(import.meta.dirname, '..', 'support', 'guarded-host.ts');
  return JSON.parse(await ok('unshare', ['-n', process.execPath, program, rpFilter, guarded])) as Record<string, string[]>;
}

function tableOf(world: NetworkWorld): string {
  return `naru_${world.networks.find('bridge').interfaceName.slice('naru-'.length)}`;
}
