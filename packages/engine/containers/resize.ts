/** `POST /containers/{id}/resize`. */
import { InvalidArgument, quote } from '#base';
import type { Engine } from '../context.ts';
import type { ApiRequest } from '../router.ts';
import { attributesOf } from './attributes.ts';
import type { ContainerRecord } from './record.ts';

export interface ConsoleSize {
  readonly columns: number;
  readonly rows: number;
}

/** `h` and `w` of the query. Throws InvalidArgument for what is no number of 32 bits; of one the terminal keeps 16 (struct winsize). */
export function consoleSizeOf(request: Pick<ApiRequest, 'query'>): ConsoleSize {
  return { rows: sizeOf('height', request.query.get('h') ?? ''), columns: sizeOf('width', request.query.get('w') ?? '') };
}

function sizeOf(what: 'height' | 'width', text: string): number {
  const refuse = (why: string): never => {
    throw new InvalidArgument(`invalid resize ${what} ${quote(text)}: ${why}`);
  };
  if (!/^[+-]?\d+$/.test(text)) refuse('invalid syntax');
  const number = Number(text);
  if (number < 0 || number > 0xffffffff) refuse('value out of range');
  return number & 0xffff;
}

/** Throws Conflict when it does not run. Without a terminal there is nothing to resize, and that is well. */
export async function resizeContainer(engine: Pick<Engine, 'supervisor' | 'events'>, record: ContainerRecord, size: ConsoleSize): Promise<void> {
  if (record.config.Tty || engine.supervisor.state(record.id)?.pid === 0) await engine.supervisor.resize(record.id, size.columns, size.rows);
  engine.events.publish('container', 'resize', record.id, attributesOf(record, { height: String(size.rows), width: String(size.columns) }));
}
