/** Dumps the processes of a container. */
import { Conflict } from '#base';
import { entryOf, type Room } from './room.ts';
import { documentOf } from './start.ts';
import { can } from './states.ts';

/** Its end, where that is asked for, is told like any other. Throws Conflict when it does not run. */
export async function checkpoint(room: Room, id: string, to: { readonly directory: string; readonly exit: boolean }): Promise<void> {
  await room.lock.run(id, async () => {
    const { spec, status, task } = entryOf(room, id);
    if (can('checkpoint', status) !== 'yes' || !task) throw new Conflict(`container ${id} is not running`);
    await task.checkpoint(documentOf(room, spec, undefined), to);
  });
}
