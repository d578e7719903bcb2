/** `GET /events`: what happened since a moment, then what happens, one JSON object a line. */
import { InvalidArgument } from '#base';
import type { EventMessage } from '#spec';
import type { Engine } from '../context.ts';
import { encodeJson } from '../json.ts';
import type { ApiReply, ApiRequest } from '../router.ts';
import { parseUnixTime } from '../timestamp.ts';
import { eventFilters, includesEvent } from './event-filter.ts';

/** Ends when the client goes, or at `until`. */
export async function streamEvents(engine: Pick<Engine, 'events' | 'clock'>, request: ApiRequest, reply: ApiReply): Promise<void> {
  const since = parseUnixTime(request.query.get('since') ?? '');
  const until = parseUnixTime(request.query.get('until') ?? '');
  if (since !== undefined && until !== undefined && until < since) {
    throw new InvalidArgument(`\`since\` time (${request.query.get('since')}) cannot be after \`until\` time (${request.query.get('until')})`);
  }
  const filters = request.filters(eventFilters);
  const out = reply.stream(200, 'application/json');
  const send = (event: EventMessage): void => {
    if (includesEvent(filters, event)) out.write(eventLine(event));
  };
  using _ = engine.events.subscribe(send);
  if (since !== undefined || until !== undefined) engine.events.replay(since, until).forEach(send);
  await ended(request.signal, until === undefined ? undefined : Number(until / 1_000_000n) - engine.clock.now());
  out.end();
}

/** Resolves when the signal fires or, when given, after `milliseconds`. */
function ended(signal: AbortSignal, milliseconds: number | undefined): Promise<void> {
  if (signal.aborted || (milliseconds !== undefined && milliseconds <= 0)) return Promise.resolve();
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = milliseconds === undefined ? undefined : setTimeout(resolve, Math.min(milliseconds, 0x7fffffff));
  signal.addEventListener('abort', () => resolve(), { once: true });
  return promise.finally(() => clearTimeout(timer));
}

/** `timeNano` has more digits than a JavaScript number holds: it is written in by hand. */
function eventLine({ timeNano, ...rest }: EventMessage): string {
  return encodeJson(rest).replace(/\}\n$/, `,"timeNano":${timeNano}}\n`);
}
