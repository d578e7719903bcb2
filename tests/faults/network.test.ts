/**
 * Random rounds of everything that happens to networks, with the daemon killed in between: afterwards the address
 * pools, links, rules and ports hold exactly what the store says. `NARU_ROUNDS` changes how many, `NARU_SEED` repeats a run.
 */
import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { test } from 'node:test';
import type { Endpoint } from '#network';
import { ok, run } from '../support/command.ts';
import { NetworkWorld, noDns, Sandbox } from '../support/sandbox.ts';
import { generator } from './support/generator.ts';

const rounds = Number(process.env['NARU_ROUNDS'] ?? 1000);
const seed = Number(process.env['NARU_SEED'] ?? Date.now() % 1_000_000);

/** The first of twelve ports: this process's own, below those of outgoing connections. */
const firstPort = 20_000 + (process.pid % 700) * 12;

/** A few containers that come, move between networks and go. */
class Town {
  readonly world: NetworkWorld;
  readonly random: (below: number) => number;
  readonly running = new Map<string, Sandbox>();
  #next = 0;

  constructor(world: NetworkWorld, random: (below: number) => number) {
    this.world = world;
    this.random = random;
  }

  async start(): Promise<void> {
    if (this.running.size >= 6) return;
    const number = this.#next++;
    const containerId = number.toString(16).padStart(64, '0');
    const sandbox = await Sandbox.open(containerId);
    this.world.sandboxes.push(sandbox);
    const hostPort = firstPort + this.random(12);
    try {
      await this.world.networks.allocate({ containerId, containerName: `c${number}`, network: this.#network(), aliases: ['all'], ports: this.random(2) ? [{ protocol: 'tcp', containerPort: 80, hostIp: '', hostPort, hostPortEnd: hostPort }] : [] });
      await this.world.networks.attach(sandbox, noDns);
      this.running.set(containerId, sandbox);
    } catch (error) {
      assert.match(String(error), /port is already allocated|no available IPv4/);
      await this.world.networks.release(containerId);
      await sandbox[Symbol.asyncDispose]();
    }
  }

  /** The container dies; sometimes its daemon does not live to hear of it. */
  async stop(unheard: boolean): Promise<void> {
    const sandbox = this.#someone();
    if (!sandbox) return;
    this.running.delete(sandbox.containerId);
    await sandbox[Symbol.asyncDispose]();
    if (!unheard) await this.world.networks.release(sandbox.containerId);
  }

  async connect(): Promise<void> {
    const sandbox = this.#someone();
    if (!sandbox) return;
    try {
      const endpoint = await this.world.networks.allocate({ containerId: sandbox.containerId, containerName: 'x', network: this.#network(), aliases: [], ports: [], gatewayPriority: this.random(3) });
      // Sometimes the daemon dies between the two.
      if (this.random(8) > 0) await this.world.networks.connect(sandbox, endpoint.id);
      else await this.restart();
    } catch (error) {
      assert.match(String(error), /already exists in network|no available IPv4/);
    }
  }

  async disconnect(): Promise<void> {
    const sandbox = this.#someone();
    const [endpoint] = sandbox ? this.world.networks.endpoints({ containerId: sandbox.containerId }) : [];
    if (sandbox && endpoint) await this.world.networks.disconnect(sandbox, endpoint.id);
  }

  async restart(): Promise<void> {
    await this.world.reopen();
    await this.world.networks.recover([...this.running.values()]);
  }

  #someone(): Sandbox | undefined {
    return [...this.running.values()][this.random(this.running.size)];
  }

  #network(): string {
    return ['bridge', 'tiny', 'dual'][this.random(3)] ?? 'bridge';
  }
}

test(`${rounds} random rounds leave exactly what the store says (seed ${seed})`, async (context) => {
  await using world = new NetworkWorld();
  await world.networks.recover([]);
  await world.networks.create({ name: 'tiny', ipam: { pools: [{ subnet: '10.213.7.0/29' }] } });
  await world.networks.create({ name: 'dual', enableIPv6: true });
  const town = new Town(world, generator(seed));
  for (let round = 0; round < rounds; round++) {
    const dice = town.random(100);
    if (dice < 35) await town.start();
    else if (dice < 55) await town.stop(false);
    else if (dice < 60) await town.stop(true);
    else if (dice < 78) await town.connect();
    else if (dice < 92) await town.disconnect();
    else await town.restart();
    if (round % 100 === 99) await town.restart();
    if (round % 50 === 49) noDoubles(world);
  }
  await town.restart();
  const endpoints = world.networks.list().flatMap(({ id }) => world.networks.endpoints({ networkId: id }));
  context.diagnostic(`${endpoints.length} endpoints of ${town.running.size} containers at the end`);
  await addressesAreThere(town, endpoints);
  await linksAreThere(world, endpoints);
  await rulesAreThere(world, endpoints);
  await portsAreHeld(endpoints);
});

function noDoubles(world: NetworkWorld): void {
  for (const { id } of world.networks.list()) {
    const addresses = world.networks.endpoints({ networkId: id }).flatMap(({ ipv4, ipv6 }) => [ipv4?.address, ipv6?.address]).filter((address) => address !== undefined);
    assert.equal(new Set(addresses).size, addresses.length, addresses.join());
  }
}

/** Inside each container: its addresses, no others, and one default route at most. */
async function addressesAreThere(town: Town, endpoints: readonly Endpoint[]): Promise<void> {
  assert.ok(endpoints.every(({ containerId }) => town.running.has(containerId)), 'nobody else has a lease');
  for (const sandbox of town.running.values()) {
    const own = endpoints.filter(({ containerId }) => containerId === sandbox.containerId);
    const { stdout } = await sandbox.sh("ip -o addr show scope global | awk '{ print $2, $4 }'; ip route show default");
    const lines = stdout.trim().split('\n').filter(Boolean);
    const wanted = own.flatMap(({ interfaceName, ipv4, ipv6 }) => [ipv4, ipv6].flatMap((lease) => (lease ? [`${interfaceName} ${lease.address}/${lease.prefix}`] : [])));
    assert.deepEqual(lines.filter((line) => !line.startsWith('default')).toSorted(), wanted.toSorted());
    assert.equal(lines.filter((line) => line.startsWith('default')).length, own.length > 0 ? 1 : 0);
  }
}

/** At our bridges: one port for each endpoint, once the kernel has done with dead namespaces. */
async function linksAreThere(world: NetworkWorld, endpoints: readonly Endpoint[]): Promise<void> {
  const wanted = endpoints.map(({ id }) => `nr${id.slice(0, 12)}`).toSorted();
  const bridges = world.networks.list().map(({ interfaceName }) => interfaceName).filter(Boolean);
  const ports = async () => (await Promise.all(bridges.map((bridge) => ok('ip', ['-o', 'link', 'show', 'master', bridge])))).join('\n').match(/nr[0-9a-f]{12}(?=@)/g)?.toSorted() ?? [];
  for (let tries = 0; tries < 1200 && (await ports()).length !== wanted.length; tries++) await new Promise((wake) => setTimeout(wake, 50));
  assert.deepEqual(await ports(), wanted);
}

async function rulesAreThere(world: NetworkWorld, endpoints: readonly Endpoint[]): Promise<void> {
  const table = `naru_${world.networks.find('bridge').interfaceName.slice('naru-'.length)}`;
  const { stdout } = await run('nft', ['list', 'map', 'inet', table, 'any4']);
  const found = [...stdout.matchAll(/tcp \. (\d+) : ([0-9.]+) \. 80/g)].map(([, port, address]) => `${port} ${address}`);
  const wanted = endpoints.flatMap(({ ports, ipv4 }) => ports.filter(({ hostIp }) => hostIp === '0.0.0.0').map(({ hostPort }) => `${hostPort} ${ipv4?.address}`));
  assert.deepEqual(found.toSorted(), wanted.toSorted());
}

async function portsAreHeld(endpoints: readonly Endpoint[]): Promise<void> {
  const held = new Set(endpoints.flatMap(({ ports }) => ports.map(({ hostPort }) => hostPort)));
  for (let port = firstPort; port < firstPort + 12; port++) {
    const rival = createServer();
    const outcome = once(rival, 'listening').then(() => 'free', (error: NodeJS.ErrnoException) => error.code);
    rival.listen(port, '0.0.0.0');
    assert.equal(await outcome, held.has(port) ? 'EADDRINUSE' : 'free', String(port));
    if (rival.listening) await new Promise((closed) => rival.close(closed));
  }
}
