/** A container's snapshots: its own, called by its id, and a view of each that it holds, `ID-0` and so on. */
import type { ContainerSpec } from './port.ts';
import type { Room } from './room.ts';

type Holder = Pick<ContainerSpec, 'id' | 'holds'>;

/** What a view stands on cannot be removed. */
export async function holdSnapshots(room: Pick<Room, 'snapshots'>, { id, holds = [] }: Holder): Promise<void> {
  for (const [index, chainId] of holds.entries()) await room.snapshots.view(`${id}-${index}`, chainId);
}

/** Those that are not there are fine. */
export async function removeSnapshots(room: Pick<Room, 'snapshots'>, { id, holds = [] }: Holder): Promise<void> {
  await room.snapshots.remove(id);
  for (const index of holds.keys()) await room.snapshots.remove(`${id}-${index}`);
}

/** Whose snapshot it is; undefined for those of other rooms, which have other names. */
export function containerOfSnapshot(key: string): string | undefined {
  return /^([0-9a-f]{64})(?:-\d+)?$/.exec(key)?.[1];
}
