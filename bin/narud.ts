/** narud, the daemon: chooses the drivers, puts the rooms together, serves the Engine API until told to end. */
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Database, messageOf } from '#base';
import { classicBuilder } from '#builder';
import { openContentStore } from '#content';
import {
  allRoutes, claim, containerStore, createServer, eventBus, eventLog, Execs, followContainers, listen, Lives, naruVersion, parseAddress,
  parseInvocation, resumeContainers, stderrLog, systemClock, usage, type Engine, type EngineConfig,
} from '#engine';
import { removalsDone } from '#kernel';
import { createImages, parseMirror } from '#images';
import { createNetworks } from '#network';
import { planRuntime, type PlanRuntime } from '#runtime';
import { overlaySnapshotter } from '#snapshots';
import { createSupervisor } from '#supervisor';
import { localVolumes } from '#volumes';

/** Compiled by `npm ci`, beside the bundles. */
const shimPath = fileURLToPath(new URL(import.meta.url.endsWith('.ts') ? '../dist/naru-shim' : './naru-shim', import.meta.url));

try {
  const invocation = parseInvocation(process.argv.slice(2));
  if (invocation.kind === 'daemon') await run(invocation.config);
  else process.stdout.write(invocation.kind === 'usage' ? usage() : `Naru version ${naruVersion}\n`);
} catch (error) {
  console.error(`narud: ${messageOf(error)}`);
  process.exit(1);
}

async function run(config: EngineConfig): Promise<void> {
  if (process.getuid?.() !== 0) throw new Error('making namespaces, mounts, links and cgroups takes root: start it with sudo');
  if (!existsSync(shimPath)) throw new Error(`${shimPath} is not built: install its compiler with \`sudo apt-get install -y musl-tools linux-libc-dev\`, then run \`npm ci\``);
  const addresses = config.hosts.map(parseAddress);
  const claimed = claim(config);
  const runtime = runtimeOf(config);
  const engine = furnish(config, runtime);
  await engine.snapshots.recover();
  await engine.images.recover();
  await engine.volumes.recover();
  const following = followContainers(engine);
  await engine.supervisor.recover();
  await engine.builder.recover();
  await resumeContainers(engine);
  const server = createServer(engine, allRoutes(engine));
  for (const [index, address] of addresses.entries()) {
    await listen(server, address, config.group);
    engine.log('info', `API listen on ${config.hosts[index]}`);
  }
  const end = async (): Promise<void> => {
    server.close();
    server.closeAllConnections();
    following[Symbol.dispose]();
    engine.lives[Symbol.dispose]();
    await engine.networks.close({ keepDataPath: engine.supervisor.list('engine').some(({ pid }) => pid > 0) });
    await runtime[Symbol.asyncDispose]();
    await removalsDone();
    engine.events[Symbol.dispose]();
    engine.db[Symbol.dispose]();
    claimed[Symbol.dispose]();
    process.exit(0);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void end());
}

function runtimeOf({ execRoot, cgroupParent, logLevel }: EngineConfig): PlanRuntime {
  const log = stderrLog(logLevel);
  return planRuntime({ execRoot, cgroupParent, shimPath, spares: 2, onWarning: (id, message) => log('warn', `container ${id}: ${message}`) });
}

function furnish(config: EngineConfig, runtime: PlanRuntime): Engine {
  const { dataRoot, execRoot } = config;
  const at = (name: string): string => join(dataRoot, name);
  for (const name of ['content', 'snapshots', 'volumes']) mkdirSync(at(name), { recursive: true, mode: 0o710 });
  const log = stderrLog(config.logLevel);
  const clock = systemClock();
  const db = new Database(at('naru.db'));
  const content = openContentStore(at('content'));
  const snapshots = overlaySnapshotter({ db, root: at('snapshots') });
  const registries = { mirrors: config.registryMirrors.map((url) => parseMirror(url).href), insecure: config.insecureRegistries, certsDir: '/etc/docker/certs.d' };
  const images = createImages({ db, content, snapshots, registries, userAgent: `Naru/${naruVersion}` });
  const { bridge, bip, mtu } = config;
  const defaults = { ...(bridge ? { bridge } : {}), ...(bip ? { bip } : {}), ...(mtu ? { mtu } : {}) };
  const networks = createNetworks({ db, execRoot, defaults, warn: (message) => log('warn', message) });
  const supervisor = createSupervisor({ db, root: dataRoot, runtime, networks, snapshots, log });
  const builder = classicBuilder({ db, images, snapshots, supervisor, scratch: at('build'), version: naruVersion, defaults: buildDefaults(config) });
  return {
    config, db, content, images, snapshots, networks, supervisor, builder, clock, log,
    volumes: localVolumes({ db, root: at('volumes') }),
    events: eventBus(eventLog(db), clock),
    containers: containerStore(db),
    lives: new Lives(),
    execs: new Execs(),
  };
}

function buildDefaults({ cgroupParent }: EngineConfig) {
  const own = 'private' as const;
  const namespaces = { pid: own, ipc: own, uts: own, cgroup: own, user: 'host' as const };
  return { cgroupParent, namespaces, dns: { servers: [], search: [], options: [] }, shmSize: 64 << 20, network: 'default' };
}
