/**
 * After a daemon start, once the supervisor has found its containers again: health checks go on, restarts that were due
 * are made, `--rm` containers that ended meanwhile go, restart policies bring up what a reboot took down. What only one
 * of the two stores knows, because the daemon was killed in between, is removed.
 */
import { messageOf } from '#base';
import { watchHealth } from './health-policy.ts';
import { autoRemove, rememberNetworks, restartLater } from './lifecycle.ts';
import { waitsForPlugin } from './plugin-volumes.ts';
import type { ContainerRecord } from './record.ts';
import { removeContainer } from './remove.ts';
import { startsWithDaemon } from './restart-policy.ts';
import { containerOfMode } from './spec/modes.ts';
import { startAgain } from './start.ts';

type Needs = Parameters<typeof restartLater>[0];

/** Resolves when all that can be has been resumed; those that wait for a plugin, and those that need them, follow by themselves. */
export async function resumeContainers(engine: Needs): Promise<void> {
  for (const { id } of engine.supervisor.list('engine')) {
    if (!engine.containers.get(id)) await attempt(engine, id, () => engine.supervisor.remove(id, { force: true }));
  }
  const apart = new Map<string, Promise<void>>();
  for (const record of inNeedOrder(engine.containers)) {
    const before = needsOf(record).flatMap((needed) => apart.get(needed) ?? []);
    if (runs(engine, record.id) || (before.length === 0 && !waitsForPlugin(record))) await attempt(engine, record.id, () => resume(engine, record));
    else {
      const resumed = Promise.all(before).then(() => resumeLate(engine, record.id));
      engine.lives.trackPlugin(resumed);
      for (const called of [record.id, record.name]) apart.set(called, resumed);
    }
  }
}

/** One that waited, as it is by then: the daemon serves meanwhile, and somebody may have changed, started or removed it. */
async function resumeLate(engine: Needs, id: string): Promise<void> {
  const record = engine.containers.get(id);
  if (!record || engine.lives.restartsRest || engine.lives.of(id).removing || runs(engine, id)) return;
  await attempt(engine, id, () => resume(engine, record));
}

function runs({ supervisor }: Needs, id: string): boolean {
  return (supervisor.state(id)?.pid ?? 0) > 0;
}

/** Every container after those that it links to, or whose namespaces it joins. */
export function inNeedOrder(containers: Pick<Needs['containers'], 'list'>): ContainerRecord[] {
  const records = containers.list();
  const ordered = new Set<ContainerRecord>();
  const seen = new Set<ContainerRecord>();
  const visit = (record: ContainerRecord): void => {
    if (seen.has(record)) return;
    seen.add(record); // first: nothing keeps two from needing each other
    for (const needed of needsOf(record)) records.filter(({ id, name }) => id === needed || name === needed).forEach(visit);
    ordered.add(record);
  };
  records.forEach(visit);
  return [...ordered];
}

/** Ids or names. */
function needsOf({ links, hostConfig }: ContainerRecord): string[] {
  const { NetworkMode, PidMode, IpcMode } = hostConfig;
  return [...links.map((link) => link.split(':', 1)[0] ?? ''), ...[NetworkMode, PidMode, IpcMode].flatMap((mode) => containerOfMode(mode) ?? [])];
}

async function resume(engine: Needs, record: ContainerRecord): Promise<void> {
  const state = engine.supervisor.state(record.id);
  if (!state) return removeContainer(engine, record, { force: true, volumes: record.hostConfig.AutoRemove });
  if (record.heldForCommit) await letGoOn(engine, record);
  if (state.startedAt !== undefined) engine.logForwarding.begin(record);
  if (state.status === 'running' || state.status === 'paused') {
    rememberNetworks(engine, record.id, state.endpoints); // a daemon that was killed amid its start did not
    watchHealth(engine, record, 'resumed');
  } else if (state.status === 'restarting') {
    // An end that was found just now has its restart scheduled; one that the old daemon saw lost its timer.
    if (engine.lives.of(record.id).restart === undefined) restartLater(engine, record, 0);
  } else if (state.startedAt !== undefined && engine.lives.of(record.id).restart === undefined) {
    if (record.hostConfig.AutoRemove) await autoRemove(engine, record);
    else if (startsWithDaemon(record.hostConfig.RestartPolicy, { ...record, exitCode: state.exit?.code ?? 0 })) await startAgain(engine, record);
  }
}

/** The daemon that paused it for a commit was killed amid that. */
async function letGoOn({ supervisor, containers }: Needs, { id }: ContainerRecord): Promise<void> {
  if (supervisor.state(id)?.status === 'paused') await supervisor.resume(id);
  containers.update(id, { heldForCommit: false });
}

/** One container that cannot must not keep the others. */
async function attempt(engine: Needs, id: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    engine.log('error', `resuming container ${id}: ${messageOf(error)}`);
  }
}
