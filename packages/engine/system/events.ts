/** `GET /events`: what happened since a moment, then what happens, one JSON object a line. */
import { InvalidArgument } from '#base';
import type { EventMessage } from '#spec';
import type { Writable } from 'node:stream';
import type { Engine } from '../context.ts';
import { carriedHeader, type Successor } from '../handover/succession.ts';
import { parseFilters } from '../filters.ts';
import { encodeJson } from '../json.ts';
import type { ApiReply, ApiRequest } from '../router.ts';
import { parseUnixTime } from '../timestamp.ts';
import { includesEvent } from './event-filter.ts';

/** Bytes of events that wait for a client at most. */
const mostUnread = 64 << 20;

/** Ends when the client goes, or at `until`; a client that does not read is cut. */
export async function streamEvents(engine: Pick<Engine, 'events' | 'clock' | 'succession'>, request: ApiRequest, reply: ApiReply): Promise<void> {
  const since = parseUnixTime(request.query.get('since') ?? '');
  const until = parseUnixTime(request.query.get('until') ?? '');
  if (since !== undefined && until !== undefined && until < since) {
    throw new InvalidArgument(`\`since\` time (${request.query.get('since')}) cannot be after \`until\` time (${request.query.get('until')})`);
  }
  const filters = parseFilters(request.query.get('filters') ?? ''); // dockerd passes over names that it does not know
  const modern = request.atLeast('1.52') && request.namesVersion; // who names none may read the old fields, which harm nobody
  const format = formatOf(request);
  const out = reply.stream(200, format.type);
  let seen = engine.clock.nanoseconds();
  const send = (event: EventMessage): void => {
    if (event.timeNano > seen) seen = event.timeNano;
    if (out.writableLength > mostUnread) out.destroy();
    else if (includesEvent(filters, event)) out.write(format.before + eventLine(modern ? withoutLegacy(event) : event));
  };
  using _ = engine.events.subscribe(send);
  if (since !== undefined || until !== undefined) engine.events.replay(since, until === 0n ? undefined : until).forEach(send); // an end at the epoch is none
  const over = Promise.withResolvers<Successor>();
  using __ = engine.succession.subscribe(over.resolve);
  const successor = await Promise.race([over.promise, ended(request.signal, until === undefined ? undefined : Number(until / 1_000_000n) - engine.clock.now())]);
  if (successor) await goOn(successor, request, out, seen);
  out.end();
}

/** Since 1.52 a client may choose among streams of JSON; a sequence (RFC 7464) has a mark before each text. */
function formatOf(request: ApiRequest): { readonly type: string; readonly before: string } {
  const offers = ['application/x-ndjson', 'application/json-seq', ...(request.atLeast('1.53') ? ['application/jsonl'] : [])];
  const asked = (request.headers.accept ?? '').split(',').map((range) => range.split(';')[0]?.trim().toLowerCase() ?? '');
  const type = request.atLeast('1.52') ? offers.find((offer) => asked.includes(offer)) : undefined;
  return { type: type ?? 'application/json', before: type === 'application/json-seq' ? '\u001e' : '' };
}

/** Fields that API 1.22 replaced and 1.52 left out. */
function withoutLegacy({ status: _status, id: _id, from: _from, ...event }: EventMessage): EventMessage {
  return event;
}

/** The rest comes from the newest daemon, from the first event on that was not `seen` here. */
async function goOn(successor: Successor, request: ApiRequest, out: Writable, seen: bigint): Promise<void> {
  if (request.headers[carriedHeader] !== undefined) return void request.body.socket.destroy(); // its own client asks the newest
  let last = seen;
  const path = (): string => {
    const query = new URLSearchParams(request.query);
    query.set('since', `${(last + 1n) / 1_000_000_000n}.${String((last + 1n) % 1_000_000_000n).padStart(9, '0')}`);
    return `${request.namesVersion ? `/v${request.version}` : ''}/events?${query}`;
  };
  for await (const line of successor.lines(path, request.signal)) {
    last = BigInt(/"timeNano":(\d+)/.exec(line)?.[1] ?? last);
    out.write(`${formatOf(request).before}${line}\n`);
  }
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
