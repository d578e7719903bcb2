/**
 * Containers that do not outlive their daemon (`--live-restore=false`): they end with it, or, when it was killed, before
 * the next one serves. Restart policies rest meanwhile; which containers begin again is decided by `resume.ts`.
 */
import { isKind, messageOf } from '#base';
import type { Engine } from '../context.ts';
import { attributesOf, causedBy } from './attributes.ts';
import { stopAndTell } from './lives.ts';

type Needs = Pick<Engine, 'supervisor' | 'containers' | 'events' | 'lives' | 'log'>;

/** Ends all that runs, side by side, each by its own stop signal and within its own patience; `--rm` containers have gone when it resolves; plugins may still be asked for their volumes. */
export async function endAllContainers(engine: Needs): Promise<void> {
  engine.lives.restRestarts();
  const running = engine.supervisor.list('engine').filter(({ pid }) => pid > 0);
  await Promise.all(running.map(({ id }) => endContainer(engine, id)));
  await engine.lives.settled();
}

/** One that cannot be ended must not keep the others. */
async function endContainer(engine: Needs, id: string): Promise<void> {
  const record = engine.containers.get(id);
  try {
    await stopAndTell(engine.lives.of(id), () => {
      if (record) engine.events.publish('container', 'stop', id, attributesOf(record, causedBy('daemon-stop')));
    }, () => engine.supervisor.stop(id));
  } catch (error) {
    if (!isKind(error, 'NotModified')) engine.log('error', `failed to shut down container ${id}: ${messageOf(error)}`);
  }
}
