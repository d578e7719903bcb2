/**
 * After a daemon start, once the supervisor has found its containers again: health checks go on, restarts that were due
 * are made, `--rm` containers that ended meanwhile go, restart policies bring up what a reboot took down. What only one
 * of the two stores knows, because the daemon was killed in between, is removed.
 */
import { messageOf } from '#base';
import { watchHealth } from './health-policy.ts';
import { autoRemove, restartLater } from './lifecycle.ts';
import type { ContainerRecord } from './record.ts';
import { removeContainer } from './remove.ts';
import { startsWithDaemon } from './restart-policy.ts';
import { startAgain } from './start.ts';

type Needs = Parameters<typeof restartLater>[0];

export async function resumeContainers(engine: Needs): Promise<void> {
  for (const { id } of engine.supervisor.list('engine')) {
    if (!engine.containers.get(id)) await attempt(engine, id, () => engine.supervisor.remove(id, { force: true }));
  }
  for (const record of engine.containers.list()) await attempt(engine, record.id, () => resume(engine, record));
}

async function resume(engine: Needs, record: ContainerRecord): Promise<void> {
  const state = engine.supervisor.state(record.id);
  if (!state) return removeContainer(engine, record, { force: true, volumes: record.hostConfig.AutoRemove });
  if (state.startedAt !== undefined) engine.logForwarding.begin(record);
  if (state.status === 'running' || state.status === 'paused') {
    watchHealth(engine, record, 'resumed');
  } else if (state.status === 'restarting') {
    // An end that was found just now has its restart scheduled; one that the old daemon saw lost its timer.
    if (engine.lives.of(record.id).restart === undefined) restartLater(engine, record, 0);
  } else if (state.startedAt !== undefined && engine.lives.of(record.id).restart === undefined) {
    if (record.hostConfig.AutoRemove) await autoRemove(engine, record);
    else if (startsWithDaemon(record.hostConfig.RestartPolicy, { ...record, exitCode: state.exit?.code ?? 0 })) await startAgain(engine, record);
  }
}

/** One container that cannot must not keep the others. */
async function attempt(engine: Needs, id: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    engine.log('error', `resuming container ${id}: ${messageOf(error)}`);
  }
}
