/**
 * The daemon's life: it claims its data root, or has it handed over by the one that runs, finds its containers again,
 * listens, reads its configuration anew on SIGHUP, hands over to a successor or gives everything back on SIGTERM and
 * SIGINT. Containers outlive it.
 */
import { closeSync, rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TlsOptions } from 'node:tls';
import { Conflict, heapTrimmer, InvalidArgument, messageOf } from '#base';
import { endProcess, isBelowChroot, removalsDone } from '#kernel';
import { openPlugins } from '#plugins';
import { givesLabels } from '../containers/labels/given.ts';
import { endAllContainers } from '../containers/end-all.ts';
import { followContainers } from '../containers/lifecycle.ts';
import { resumeContainers } from '../containers/resume.ts';
import { releaseAbandoned } from '../containers/volumes.ts';
import type { Engine, EngineConfig } from '../context.ts';
import { endUnseen, InheritedWaits, layOut } from '../handover/belongings.ts';
import { serveCarried } from '../handover/carried.ts';
import { carryTo } from '../handover/carry.ts';
import { offerHandover } from '../handover/give.ts';
import { carriedSocket, handoverSocket } from '../handover/protocol.ts';
import { takeOver, type Taken } from '../handover/take.ts';
import { allRoutes } from '../routes.ts';
import { leaveHome } from '../rootless/home.ts';
import { apiServer, type ApiServer } from '../server.ts';
import { adopt, listen, parseAddress, removeSocket, type Listener } from './listen.ts';
import { serveMetrics } from './metrics.ts';
import { applyProxies } from './proxies.ts';
import { reloadOnHangup } from './reload.ts';
import { makeRemapUser } from './remap-user.ts';
import { claim, type Claim } from './single.ts';
import { tlsOptions } from './tls.ts';

/** The rooms of one daemon; the runtime is given back by it. */
export interface Rooms {
  readonly engine: Engine;
  readonly runtime: AsyncDisposable;
}

export interface Run {
  readonly config: EngineConfig;
  /** Has everything handed over by the daemon that runs on the same roots, if one does. */
  readonly takeover: boolean;
  /** Reads the configuration again; throws InvalidArgument. */
  readonly reread: () => EngineConfig;
  /** Throws what the rooms will not be able to do, while a daemon that runs still serves. */
  readonly require: (config: EngineConfig) => void;
  readonly furnish: (config: EngineConfig) => Rooms;
}

/** Of what the daemon makes, whatever its caller's was: a root that nobody else may enter is of no use to a container's user. */
const umask = 0o022;

/** Serves until told to end; resolves once the daemon listens. Throws what keeps it from that, as dockerd words it. */
export async function runDaemon(run: Run): Promise<void> {
  process.umask(umask);
  try {
    await begin(run);
  } catch (error) {
    const words = messageOf(error);
    throw new Error(words.startsWith('failed to start daemon') ? words : `failed to start daemon: ${words}`, { cause: error });
  }
}

async function begin(run: Run): Promise<void> {
  const { config } = run;
  const tls = config.tls && tlsOptions(config.tls);
  for (const host of config.hosts) parseAddress(host, { tls: tls !== undefined });
  if (await isBelowChroot()) throw new Conflict('narud runs below a chroot, where setns(2) would lead containers and their execs out to the host: start it where / is the root of its mount namespace (unshare --mount and pivot_root, or a container)');
  await requireAuthorizers(config);
  run.require(config);
  makeRemapUser(config.usernsRemap);
  const taken = run.takeover ? await takeOver(config) : undefined; // what can fail has been tried by now
  const claimed = claim(config);
  try {
    await serve(run, claimed, tls, taken);
  } catch (error) {
    claimed[Symbol.dispose](); // the process ends with this
    throw error;
  }
}

/** Everything once the data root is ours. A start that fails leaves the host as it was, but for what containers that run stand on. */
async function serve(run: Run, claimed: Claim, tls: TlsOptions | undefined, taken: Taken | undefined): Promise<void> {
  const rooms = run.furnish(run.config);
  const following = followContainers(rooms.engine);
  try {
    await serveIn({ ...rooms, following, claimed, tls, taken }, run);
  } catch (error) {
    const { engine, runtime } = rooms;
    await giveBack(engine, runtime, following, { keepDataPath: isBusy(engine) }).catch((failure: unknown) => engine.log('warn', `after a failed start: ${messageOf(failure)}`));
    throw error;
  }
}

/** What a daemon that is about to serve has. */
interface House extends Rooms {
  readonly following: Disposable;
  readonly claimed: Claim;
  readonly tls: TlsOptions | undefined;
  readonly taken: Taken | undefined;
}

async function serveIn({ engine, runtime, following, claimed, tls, taken }: House, { config, reread }: Run): Promise<void> {
  remark(engine);
  const inherited = new InheritedWaits(engine.lives, taken?.belongings.waits ?? []);
  await recover(engine, { handedOver: taken !== undefined });
  const api = apiServer(engine, allRoutes(engine), carryTo(carriedSocket(config.execRoot)));
  if (taken) await settleIn(engine, api, inherited, taken);
  else endUnseen(engine, await layOut(engine, { health: {}, execs: engine.execs.stored().map((exec) => ({ ...exec, started: true, exitCode: null })) }), {});
  const metrics = await serveMetrics(engine); // before the sockets, which a start that fails would have to take away
  const listeners = await open(engine, api, tls, taken);
  reloadOnHangup(engine, reread);
  const retire = async (): Promise<ReadonlySet<string>> => {
    metrics?.close();
    await calm(engine);
    const running = new Set(engine.execs.all().flatMap(({ id, exitCode }) => (exitCode === undefined ? [id] : []))); // from now on nobody tells of their ends
    await giveBack(engine, runtime, following, { keepDataPath: true });
    claimed.pass();
    return running;
  };
  await offerHandover({ engine, api, listeners, inherited, retire });
  const trim = heapTrimmer();
  for (const rest of rests) api.admission.atRest(rest, trim);
  engine.log('info', `process ${process.pid} serves`);
  const end = async (): Promise<void> => {
    for (const { server } of listeners) server.close();
    metrics?.close();
    await wind(engine, api);
    const busy = isBusy(engine);
    await giveBack(engine, runtime, following, { keepDataPath: busy });
    for (const { host } of listeners) removeSocket(host);
    for (const path of [handoverSocket(config.execRoot), carriedSocket(config.execRoot)]) rmSync(path, { force: true });
    claimed[Symbol.dispose]();
    if (!busy) leaveHome(config.execRoot);
    endProcess(0);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void (engine.succession.successor ? endProcess(0) : end()));
}

/** Milliseconds without a request after which memory may be tidied up: a burst's, and then what was kept for a next one. */
const rests = [2000, 20_000];

/** Nobody is let in by a daemon whose gatekeepers are not there. */
async function requireAuthorizers({ authorizationPlugins, pluginSockets, pluginSpecs }: EngineConfig): Promise<void> {
  const plugins = openPlugins({ sockets: pluginSockets, specs: pluginSpecs });
  for (const name of authorizationPlugins) {
    await plugins.get(name, 'authz').catch((error: unknown) => {
      throw new InvalidArgument(`error validating authorization plugin: ${messageOf(error)}`, { cause: error });
    });
  }
}

function isBusy(engine: Engine): boolean {
  return engine.supervisor.list('engine').some(({ pid }) => pid > 0);
}

/** What the configuration means beyond the rooms, and what it means nothing for. */
function remark({ config, log }: Pick<Engine, 'config' | 'log'>): void {
  for (const text of config.remarks) log('warn', text);
  applyProxies(config.proxies, log);
  if (config.selinux && !givesLabels(config)) log('warn', 'Docker could not enable SELinux on the host system');
  log('debug', `Max Concurrent Downloads: ${config.maxConcurrentDownloads}`);
  log('debug', `Max Concurrent Uploads: ${config.maxConcurrentUploads}`);
  log('debug', `data root ${config.dataRoot}, state in ${config.execRoot}`);
}

/** Requests under way end, if they do so in time, and so do the containers unless they outlive the daemon; a start that came through meanwhile is ended too. */
async function wind(engine: Engine, api: ApiServer): Promise<void> {
  const { liveRestore, shutdownTimeout } = engine.config;
  const patience = shutdownTimeout < 0 ? longestTimer : shutdownTimeout * 1000;
  engine.log('debug', `daemon configured with a ${shutdownTimeout} seconds minimum shutdown timeout`);
  const end = performance.now() + patience;
  if (!liveRestore) {
    await Promise.all([api.admission.idle(patience), endAllContainers(engine)]);
    await Promise.race([engine.lives.quiet(), sleep(Math.max(0, end - performance.now()), undefined, { ref: false })]); // plugins are asked again by the next daemon
    await endAllContainers(engine);
  }
  await api.drain(Math.max(0, end - performance.now()));
}

/** Milliseconds; a longer timer fires at once. */
const longestTimer = 2 ** 31 - 1;

/** `handedOver`: the containers were another's a moment ago, and go on whatever happens to those of a daemon that died. */
async function recover(engine: Engine, { handedOver }: { handedOver: boolean }): Promise<void> {
  await engine.snapshots.recover();
  await engine.images.recover();
  await engine.volumes.recover();
  await engine.supervisor.recover();
  const releases = handedOver ? undefined : releaseAbandoned(engine); // asked for before any restart begins
  await engine.builder.recover();
  if (!engine.config.liveRestore && !handedOver) await endAllContainers(engine);
  if (releases) engine.lives.trackPlugin(releases);
  engine.lives.resumeRestarts();
  await resumeContainers(engine);
}

/** Takes what only the old daemon's memory knew, and its streams, before anybody else is let in. */
async function settleIn(engine: Engine, api: ApiServer, inherited: InheritedWaits, taken: Taken): Promise<void> {
  const unseen = await layOut(engine, taken.belongings);
  await serveCarried(api, inherited, engine.config);
  endUnseen(engine, unseen, await taken.serving());
  engine.log('info', `took over from process ${taken.belongings.pid}`);
}

/** The listeners of the configuration: those that the old daemon had, and new ones. When one cannot be had, the sockets made for others go again. */
async function open(engine: Engine, api: ApiServer, tls: TlsOptions | undefined, taken: Taken | undefined): Promise<Listener[]> {
  const { hosts, group } = engine.config;
  const listeners: Listener[] = [];
  await using undo = new AsyncDisposableStack();
  for (const host of hosts) {
    const had = (taken?.belongings.hosts ?? []).flatMap((its, index) => (its === host ? [taken?.descriptors[index] ?? -1] : []));
    if (had.length > 0) for (const fd of had) listeners.push(await adopt(api.open, host, fd, tls));
    else {
      listeners.push(...(await listen(api.open, host, { tls, group })));
      undo.defer(() => removeSocket(host));
    }
    engine.log('info', `API listen on ${host}`);
  }
  taken?.belongings.hosts.forEach((host, index) => hosts.includes(host) || closeSync(taken.descriptors[index] ?? -1));
  undo.move();
  return listeners;
}

/** No timer, no restart and no cleaning up is under way when it resolves, and none begins. */
async function calm(engine: Engine): Promise<void> {
  engine.lives[Symbol.dispose]();
  await engine.supervisor.retire();
  await engine.lives.quiet(); // what the last ends brought about
  await engine.supervisor.retire();
  engine.lives[Symbol.dispose]();
}

/** What the process holds, in the order in which one stands on the other. Containers and their networks stay. */
async function giveBack(engine: Engine, runtime: AsyncDisposable, following: Disposable, options: { keepDataPath: boolean }): Promise<void> {
  following[Symbol.dispose]();
  engine.lives[Symbol.dispose]();
  await engine.networks.close(options);
  await runtime[Symbol.asyncDispose]();
  await removalsDone();
  engine.images.close();
  engine.execs[Symbol.dispose]();
  engine.events[Symbol.dispose]();
  engine.db[Symbol.dispose]();
}
