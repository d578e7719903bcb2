/** `POST /containers/{id}/resize`. */
import { InvalidArgument, messageOf } from '#base';
import type { Engine } from '../context.ts';
import { parseInteger } from '../integer.ts';
import type { ApiRequest } from '../router.ts';
import { attributesOf } from './attributes.ts';
import type { ContainerRecord } from './record.ts';

export interface ConsoleSize {
  readonly columns: number;
  readonly rows: number;
}

/** `h` and `w` of the query. Throws InvalidArgument with Go's words for what is no number. */
export function consoleSizeOf(request: ApiRequest): ConsoleSize {
  const read = (name: string): number => {
    try {
      return parseInteger(request.query.get(name) ?? '');
    } catch (error) {
      throw new InvalidArgument(messageOf(error), { cause: error });
    }
  };
  return { rows: read('h'), columns: read('w') };
}

/** Throws Conflict when it does not run. Without a terminal there is nothing to resize, and that is well. */
export async function resizeContainer(engine: Pick<Engine, 'supervisor' | 'events'>, record: ContainerRecord, size: ConsoleSize): Promise<void> {
  if (record.config.Tty || engine.supervisor.state(record.id)?.pid === 0) await engine.supervisor.resize(record.id, size.columns, size.rows);
  engine.events.publish('container', 'resize', record.id, attributesOf(record, { height: String(size.rows), width: String(size.columns) }));
}
