/** Takes a container of the command line away, whatever of it is left. */
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '#base';
import { mountsAt, signalProcess, unmountFromHost } from '#kernel';
import { type Container, isAlive, statusOf } from './container.ts';
import { cloneFlags } from '../compile/names.ts';
import { removeDirectory, type ContainerRecord } from './layout.ts';

const SIGKILL = 9;
const TRIES = 100;
const PAUSE = 100;

/** Kills what still runs, and waits for it. Hooks that fail are told to `warn`: the container is gone all the same. */
export async function removeContainer(container: Container, warn: (message: string) => void): Promise<void> {
  const { cgroup, directory, record } = container;
  if (!leavesOthers(record)) cgroup.kill(SIGKILL);
  if (isAlive(record)) await killFirst(container);
  if (record.systemd) await (await import('../systemd/unit.ts')).stopUnit(record.systemd);
  takeMountsAway(record);
  await (record.shared ? cgroup.removeEmpty() : cgroup.remove());
  removeDirectory(directory);
  if (record.poststop.length === 0) return;
  const { runHooks } = await import('../host-hooks.ts');
  const { ociVersion, id, bundle, annotations } = record;
  await runHooks('poststop', record.poststop, { ociVersion, id, status: 'stopped', bundle, annotations }).catch((error: unknown) => warn(messageOf(error)));
}

/** Those that the container made in the host's mount namespace, with what is mounted in them. */
export function takeMountsAway({ mountsBefore, rootfs }: Pick<ContainerRecord, 'mountsBefore' | 'rootfs'>): void {
  while (mountsBefore !== undefined && mountsAt(rootfs) > mountsBefore && unmountFromHost(rootfs)) continue;
}

/** Its own processes end with its pid namespace; without one nothing tells them from the others in the cgroup. */
function leavesOthers({ shared, namespaces }: ContainerRecord): boolean {
  return shared === true && (namespaces & cloneFlags.pid) !== 0;
}

/** A frozen process dies when it is thawed. Whose parent does not reap is dead to us as a zombie. */
async function killFirst(container: Container): Promise<void> {
  const { cgroup, record } = container;
  signalProcess(record.pid, SIGKILL);
  if (statusOf(container) === 'paused') await cgroup.thaw();
  for (let attempt = 0; attempt < TRIES && isAlive(record); attempt++) await sleep(attempt < 10 ? 5 : PAUSE);
}
