import { Conflict, isKind } from '#base';
import type { Engine } from '../context.ts';
import { volumeUsers } from './users.ts';

/** Removes a volume that no container uses; `force` forgives one that is not there. Throws NotFound, Conflict (`volume is in use - […]`). */
export async function removeVolume(
  engine: Pick<Engine, 'volumes' | 'containers' | 'events'>,
  name: string,
  options: { force: boolean },
): Promise<void> {
  try {
    const volume = await engine.volumes.look(name);
    const users = volumeUsers(engine, volume.name);
    if (users.length > 0) throw new Conflict(`remove ${name}: volume is in use - [${users.join(', ')}]`);
    await engine.volumes.remove(volume.name);
    engine.events.publish('volume', 'destroy', volume.name, { driver: volume.driver });
  } catch (error) {
    if (!(options.force && isKind(error, 'NotFound'))) throw error;
  }
}
