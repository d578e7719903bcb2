/** Takes a container of the command line away, whatever of it is left. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Conflict, errnoOf, messageOf } from '#base';
import { mountsAt, signalProcess, unmountFromHost } from '#kernel';
import { type Container, endsWithFirst, isAlive, statusOf } from './container.ts';
import { removeDirectory, type ContainerRecord } from './layout.ts';

const SIGKILL = 9;
const TRIES = 100;
const PAUSE = 100;

/** Kills what still runs, and waits for it. Hooks that fail are told to `warn`: the container is gone all the same. */
export async function removeContainer(container: Container, warn: (message: string) => void): Promise<void> {
  const { cgroup, directory, record } = container;
  if (!endsWithFirst(record)) cgroup.kill(SIGKILL);
  if (isAlive(record)) await killFirst(container);
  if (record.systemd) await (await import('../systemd/unit.ts')).stopUnit(record.systemd);
  takeMountsAway(record);
  await removeCgroup(container);
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

/** Who is in it yet is somebody else's: then the container stays, to be deleted once they have left. Throws Conflict in runC's words. */
async function removeCgroup({ cgroup }: Container): Promise<void> {
  try {
    await cgroup.remove();
  } catch (error) {
    throw errnoOf(error) === 'EBUSY' ? new Conflict(`unable to remove container's cgroup: ${messageOf(error)}`, { cause: error }) : error;
  }
}

/** A frozen process dies when it is thawed. Whose parent does not reap is dead to us as a zombie. */
async function killFirst(container: Container): Promise<void> {
  const { cgroup, record } = container;
  signalProcess(record.pid, SIGKILL);
  if (statusOf(container) === 'paused') await cgroup.thaw();
  for (let attempt = 0; attempt < TRIES && isAlive(record); attempt++) await sleep(attempt < 10 ? 5 : PAUSE);
}
