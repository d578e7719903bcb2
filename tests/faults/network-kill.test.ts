/**
 * Random rounds of containers that come, go, connect and disconnect, over the API of a narud that is killed (SIGKILL) in
 * the midst of them: afterwards pools, links, rules and ports hold exactly what the store says. `NARU_ROUNDS` changes how
 * many, `NARU_SEED` repeats a run.
 */
import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { join } from 'node:path';
import { test } from 'node:test';
import { call, type Answer } from '../support/api.ts';
import { ok, run, until } from '../support/command.ts';
import { importBusybox } from '../support/images.ts';
import { Outside } from '../support/outside.ts';
import { generator } from './support/generator.ts';

const rounds = Number(process.env['NARU_ROUNDS'] ?? 1000);
const seed = Number(process.env['NARU_SEED'] ?? Date.now() % 1_000_000);
const networks = ['bridge', 'tiny', 'dual', 'inner'];

interface Seat {
  readonly id: string;
  readonly networkName: string;
  readonly containerId: string;
  readonly ipv4?: { readonly address: string; readonly prefix: number };
  readonly ipv6?: { readonly address: string; readonly prefix: number };
  readonly interfaceName: string;
  readonly ports: readonly { readonly hostIp: string; readonly hostPort: number }[];
}

class Town {
  readonly world: Outside;
  readonly random: (below: number) => number;
  kills = 0;
  #next = 0;

  constructor(world: Outside, random: (below: number) => number) {
    this.world = world;
    this.random = random;
  }

  /** One deed of a user; sometimes the daemon does not live to see its end. */
  async round(): Promise<void> {
    const deed = this.#deed().catch(() => undefined); // a killed daemon hangs up
    if (this.random(10) > 0) return void (await deed);
    await new Promise((wake) => setTimeout(wake, this.random(40)));
    await this.world.daemon.crash();
    this.kills++;
    await deed;
    await this.world.daemon.up();
  }

  async #deed(): Promise<void> {
    const dice = this.random(100);
    const containers = (await this.#api('GET', '/containers/json?all=1')).json() as { Id: string; State: string }[];
    const someone = containers[this.random(Math.max(1, containers.length))];
    const network = networks[this.random(networks.length)] ?? 'bridge';
    if (!someone || (dice < 30 && containers.length < 7)) await this.#start(network);
    else if (dice < 45) await this.#api('DELETE', `/containers/${someone.Id}?force=1`);
    else if (dice < 55) await this.#api('POST', `/containers/${someone.Id}/restart?t=0`);
    else if (dice < 80) await this.#api('POST', `/networks/${network}/connect`, { Container: someone.Id });
    else await this.#api('POST', `/networks/${network}/disconnect`, { Container: someone.Id, Force: true });
  }

  async #start(network: string): Promise<void> {
    const port = String(29_000 + this.random(12));
    const host = { NetworkMode: network, ...(this.random(2) && { PortBindings: { '80/tcp': [{ HostPort: port }] } }) };
    const made = await this.#api('POST', `/containers/create?name=c${this.#next++}`, { Image: 'busybox', Cmd: ['sleep', '10000'], StopSignal: 'SIGKILL', ExposedPorts: { '80/tcp': {} }, HostConfig: host });
    if (made.status === 201) await this.#api('POST', `/containers/${(made.json() as { Id: string }).Id}/start`);
  }

  #api(method: string, path: string, body?: object): Promise<Answer> {
    return call(this.world.daemon, method, path, body);
  }
}

test(`${rounds} rounds with a narud that is killed leave exactly what the store says (seed ${seed})`, async (context) => {
  await using world = await Outside.open();
  await importBusybox(world.daemon);
  await world.docker('network', 'create', '--subnet', '10.213.8.0/29', 'tiny');
  await world.docker('network', 'create', '--ipv6', 'dual');
  await world.docker('network', 'create', '--internal', 'inner');
  const town = new Town(world, generator(seed));
  for (let round = 0; round < rounds; round++) await town.round();
  await world.daemon.crash();
  await world.daemon.up();
  const seats = seatsOf(world);
  context.diagnostic(`${town.kills} kills, ${seats.length} endpoints at the end`);
  const running = ((await call(world.daemon, 'GET', '/containers/json')).json() as { Id: string }[]).map(({ Id }) => Id);
  assert.ok(seats.every(({ containerId }) => running.includes(containerId)), 'nobody else has a lease');
  for (const id of running) await addressesAreThere(world, id, seats.filter(({ containerId }) => containerId === id));
  await linksAreThere(world, seats);
  await rulesAreThere(world, seats);
  await portsAreHeld(world, seats);
});

/** What the store says; its file is read, for the daemon's own word would prove nothing. */
function seatsOf({ daemon }: Outside): Seat[] {
  const db = new DatabaseSync(join(daemon.directory, 'data/naru.db'), { readOnly: true });
  try {
    return db.prepare('SELECT record FROM network_endpoints').all().map((row) => JSON.parse(String(row['record'])) as Seat);
  } finally {
    db.close();
  }
}

async function addressesAreThere(world: Outside, id: string, seats: readonly Seat[]): Promise<void> {
  const lines = (await world.inContainer(id, "ip -o addr show scope global | awk '{ print $2, $4 }'; ip -4 route show default")).trim().split('\n').filter(Boolean);
  const wanted = seats.flatMap(({ interfaceName, ipv4, ipv6 }) => [ipv4, ipv6].flatMap((lease) => (lease ? [`${interfaceName} ${lease.address}/${lease.prefix}`] : [])));
  assert.deepEqual(lines.filter((line) => !line.startsWith('default')).toSorted(), wanted.toSorted());
  assert.equal(lines.filter((line) => line.startsWith('default')).length, seats.some(({ networkName }) => networkName !== 'inner') ? 1 : 0, `${id}: ${lines.join('; ')} where ${JSON.stringify(seats)} is meant\n${world.daemon.log.slice(-3000)}`);
}

async function linksAreThere(world: Outside, seats: readonly Seat[]): Promise<void> {
  const wanted = seats.map(({ id }) => `nr${id.slice(0, 12)}`).toSorted();
  const links = async () => (await world.host.sh('ip -o link')).stdout.match(/nr[0-9a-f]{12}(?=@)/g)?.toSorted() ?? [];
  await until('dead namespaces to go', async () => (await links()).length === wanted.length).catch(() => {});
  assert.deepEqual(await links(), wanted);
  assert.equal((await world.host.sh('ip -o link show type bridge')).stdout.trim().split('\n').length, networks.length);
}

async function rulesAreThere(world: Outside, seats: readonly Seat[]): Promise<void> {
  const { stdout } = await world.host.sh('for t in $(nft list tables | awk \'$2 == "inet" { print $3 }\'); do nft list map inet $t any4; done');
  const found = [...stdout.matchAll(/tcp \. (\d+) : ([0-9.]+) \. 80/g)].map(([, port, address]) => `${port} ${address}`);
  const wanted = seats.flatMap(({ ports, ipv4 }) => ports.filter(({ hostIp }) => hostIp === '0.0.0.0').map(({ hostPort }) => `${hostPort} ${ipv4?.address}`));
  assert.deepEqual(found.toSorted(), wanted.toSorted());
}

async function portsAreHeld(world: Outside, seats: readonly Seat[]): Promise<void> {
  const { stdout } = await world.host.sh("ss -Hltn 'sport >= :29000 and sport <= :29011' | awk '{ print $4 }'");
  const wanted = seats.flatMap(({ ports }) => ports.map(({ hostIp, hostPort }) => `${hostIp === '::' ? '[::]' : hostIp}:${hostPort}`));
  assert.deepEqual(stdout.trim().split('\n').filter(Boolean).toSorted(), wanted.toSorted());
}

test('a daemon that was killed and started on the same roots clears what it left, when it ends', async () => {
  await using world = await Outside.open();
  const before = (await ok('nsenter', ['-t', String(world.host.pid), '-n', 'ip', '-o', 'link', 'show', 'type', 'bridge'])).length;
  assert.ok(before > 0);
  await world.daemon.crash();
  assert.ok((await world.host.sh('nft list tables')).stdout.includes('naru_'), 'nobody was there to take it away');
  await world.daemon.up();
  await world.daemon.down();
  assert.equal((await world.host.sh('ip -o link show type bridge; nft list tables')).stdout.trim(), '');
  assert.notEqual((await run('test', ['-e', join(world.daemon.directory, 'pid')])).code, 0);
});
