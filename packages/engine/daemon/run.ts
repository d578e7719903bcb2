/**
 * The daemon's life: it claims its data root, finds its containers again, listens, reads its configuration anew on
 * SIGHUP, and gives everything back on SIGTERM and SIGINT. Containers outlive it.
 */
import { InvalidArgument, messageOf } from '#base';
import { removalsDone } from '#kernel';
import { followContainers } from '../containers/lifecycle.ts';
import { resumeContainers } from '../containers/resume.ts';
import type { Engine, EngineConfig } from '../context.ts';
import { allRoutes } from '../routes.ts';
import { apiServer } from '../server.ts';
import { listen, parseAddress, removeSocket, type Listener } from './listen.ts';
import { serveMetrics } from './metrics.ts';
import { reloadOnHangup } from './reload.ts';
import { claim } from './single.ts';
import { tlsOptions } from './tls.ts';

/** The rooms of one daemon; the runtime is given back by it. */
export interface Rooms {
  readonly engine: Engine;
  readonly runtime: AsyncDisposable;
}

export interface Run {
  readonly config: EngineConfig;
  /** Reads the configuration again; throws InvalidArgument. */
  readonly reread: () => EngineConfig;
  readonly furnish: (config: EngineConfig) => Rooms;
}

/** Serves until told to end; resolves once the daemon listens. Throws what keeps it from that. */
export async function runDaemon({ config, reread, furnish }: Run): Promise<void> {
  const tls = config.tls && tlsOptions(config.tls);
  for (const host of config.hosts) parseAddress(host, { tls: tls !== undefined });
  const claimed = claim(config);
  const { engine, runtime } = furnish(config);
  await requireAuthorizers(engine);
  const following = await recover(engine);
  const api = apiServer(engine, allRoutes(engine), () => undefined);
  const listeners: Listener[] = [];
  for (const host of config.hosts) {
    listeners.push(...(await listen(api.open, host, { tls, group: config.group })));
    engine.log('info', `API listen on ${host}`);
  }
  const metrics = await serveMetrics(engine);
  reloadOnHangup(engine, reread);
  const end = async (): Promise<void> => {
    for (const { server } of listeners) server.close();
    metrics?.close();
    await api.drain(config.shutdownTimeout * 1000);
    await giveBack(engine, runtime, following);
    for (const { host } of listeners) removeSocket(host);
    claimed[Symbol.dispose]();
    process.exit(0);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void end());
}

/** Nobody is let in by a daemon whose gatekeepers are not there. */
async function requireAuthorizers({ config, plugins }: Engine): Promise<void> {
  for (const name of config.authorizationPlugins) {
    await plugins.get(name, 'authz').catch((error: unknown) => {
      throw new InvalidArgument(`error validating authorization plugin: ${messageOf(error)}`, { cause: error });
    });
  }
}

async function recover(engine: Engine): Promise<Disposable> {
  await engine.snapshots.recover();
  await engine.images.recover();
  await engine.volumes.recover();
  const following = followContainers(engine);
  await engine.supervisor.recover();
  await engine.builder.recover();
  await resumeContainers(engine);
  return following;
}

/** What the process holds, in the order in which one stands on the other. Containers and their networks stay. */
async function giveBack(engine: Engine, runtime: AsyncDisposable, following: Disposable): Promise<void> {
  following[Symbol.dispose]();
  engine.lives[Symbol.dispose]();
  await engine.networks.close({ keepDataPath: engine.supervisor.list('engine').some(({ pid }) => pid > 0) });
  await runtime[Symbol.asyncDispose]();
  await removalsDone();
  engine.images.close();
  engine.events[Symbol.dispose]();
  engine.db[Symbol.dispose]();
}
