/**
 * Plays one recorded step again: its requests and raw bytes in the order in which they were sent, each after the
 * answers that had come by then. Then compares every answer with the recorded one.
 */
import { Comparison } from './compare.ts';
import { bodyLike, bytesOf, framesOf } from './body.ts';
import { Connection } from './connection.ts';
import type { Exchange, RecordedRequest, RecordedResponse, Step, StreamEvent } from './format.ts';
import type { Names } from './names.ts';

export interface Stage {
  readonly socketPath: string;
  readonly names: Names;
  /** Paths and addresses: what they were in the recording, what they are now. */
  readonly aliases: [then: string, now: string][];
  /** The last tar that `save` gave: what a later `load` sends. */
  saved: Buffer | undefined;
}

interface Playing {
  /** Milliseconds since the step began. */
  readonly at: number;
  readonly request: RecordedRequest;
  readonly response: RecordedResponse;
  connection: Connection | undefined;
}

interface Action {
  readonly at: number;
  readonly playing: Playing;
  /** undefined: send the request itself. */
  readonly event: StreamEvent | undefined;
}

/** Milliseconds for one answer. */
const patience = 20_000;

/** Gives the differences. `during` runs once everything has been sent, beside answers that are still coming. */
export async function play(stage: Stage, step: Step, during?: () => Promise<void>): Promise<string[]> {
  const all = (step.exchanges ?? []).flatMap(playingOf);
  const comparison = new Comparison(stage.names, stage.aliases);
  const compared = new Set<Playing>();
  const settle = async (before: number): Promise<void> => {
    for (const playing of all) {
      if (!playing.connection || compared.has(playing) || endOf(playing.response) > before) continue;
      compared.add(playing);
      await compare(stage, comparison, playing);
    }
  };
  let last = 0;
  for (const action of actionsOf(all)) {
    await settle(action.at);
    await arrived(all, action.at);
    await pause(gap(last, action.at));
    last = action.at;
    await act(stage, action);
  }
  await during?.();
  for (const { connection, request, response } of all) {
    if (!connection || !endless(request, response)) continue;
    await within(connection.head);
    connection.abandon();
  }
  await settle(Infinity);
  return comparison.differences;
}

/** A client that let time pass did so for a reason: health checks run meanwhile, terminals echo. At most a second. */
function gap(last: number, at: number): number {
  return at - last < 400 ? 0 : Math.min(at - last, 1000);
}

function playingOf({ t_ms: at, request, response }: Exchange): Playing[] {
  return request && response ? [{ at, request, response, connection: undefined }] : [];
}

function actionsOf(all: readonly Playing[]): Action[] {
  const actions = all.flatMap((playing): Action[] => {
    const sent = (playing.response.upgraded?.events ?? []).filter((event) => event.dir === 'c2s');
    return [{ at: playing.at, playing, event: undefined }, ...sent.map((event) => ({ at: event.t_ms, playing, event }))];
  });
  return actions.toSorted((a, b) => a.at - b.at);
}

async function act(stage: Stage, { playing, event }: Action): Promise<void> {
  if (!event) playing.connection = await send(stage, playing);
  else if (event.event && leaves(playing, event)) playing.connection?.abandon();
  else if (event.event) playing.connection?.write(undefined);
  else playing.connection?.write(event.base64 === undefined ? Buffer.from(event.text ?? '') : Buffer.from(event.base64, 'base64'));
}

/** Both sides closed at once: it was the client that went, by its detach keys. */
function leaves({ response }: Playing, closing: StreamEvent): boolean {
  return (response.upgraded?.events ?? []).some((event) => event.dir === 's2c' && event.event !== undefined && Math.abs(event.t_ms - closing.t_ms) < 2);
}

async function send(stage: Stage, { request: recorded, response }: Playing): Promise<Connection> {
  const target = shifted(translate(stage, recorded.target), response);
  const load = recorded.target.includes('/images/load') && recorded.body?.kind === 'tar' ? stage.saved : undefined;
  const body = load ?? (recorded.body && (await bytesOf(recorded.body, (text) => translate(stage, text))));
  return new Connection(stage.socketPath, recorded, target, body);
}

/** A recorded text with today's ids, addresses and paths, also where they are escaped for a URL. */
function translate({ names, aliases }: Stage, text: string): string {
  const known = names.substitute(text);
  return aliases.reduce((result, [then, now]) => result.replaceAll(then, now).replaceAll(encodeURIComponent(then), encodeURIComponent(now)), known);
}

/** `since` and `until` as far back as they were in the recording. */
function shifted(target: string, { headers }: RecordedResponse): string {
  const date = headers.find((line) => line.startsWith('Date: '))?.slice('Date: '.length);
  const passed = Math.ceil((Date.now() - Date.parse(date ?? '')) / 1000);
  return target.replace(/\b(since|until)=(\d{10})\b/g, (_, name: string, seconds: string) => `${name}=${Number(seconds) + passed}`);
}

/** Waits for what had come by the moment `before`: heads of answers, raw bytes of streams. */
async function arrived(all: readonly Playing[], before: number): Promise<void> {
  for (const { connection, response } of all) {
    if (!connection || response.t_ms > before) continue;
    await within(connection.head);
    const expected = (response.upgraded?.events ?? []).filter((event) => event.dir === 's2c' && event.t_ms < before && !event.event);
    const deadline = Date.now() + 3000;
    while (expected.length > 0 && connection.bytes.length === 0 && Date.now() < deadline) await pause(20);
  }
}

/** When the recorded answer was over. */
function endOf(response: RecordedResponse): number {
  if (response.upgraded) return Infinity;
  return response.chunks?.at(-1)?.[0] ?? response.t_ms;
}

/** Answers that ended only because the client went: a wait that `run -d` gave up, events until Ctrl-C, a stream of stats. */
function endless({ target }: RecordedRequest, { body }: RecordedResponse): boolean {
  const events = target.includes('/events') && !target.includes('until=');
  return events || target.includes('stats?stream=true') || JSON.stringify(body ?? '').includes('context canceled');
}

async function compare(stage: Stage, comparison: Comparison, { connection, request, response }: Playing): Promise<void> {
  const where = `${request.method} ${request.target.replace(/^\/v[\d.]+/, '').replace(/[0-9a-f]{64}/g, '<id>').split('?')[0]}`;
  if (!connection) return;
  const answer = await within(connection.head);
  comparison.values(`${where} status`, response.status, answer.status);
  compareHeaders(comparison, where, response, answer.headers);
  const late = await Promise.race([connection.done.then(() => false), pause(endless(request, response) ? 100 : patience).then(() => true)]);
  const bytes = connection.bytes;
  if (late) {
    connection.abandon();
    if (!endless(request, response)) comparison.differences.push(`${where}: the answer did not end`);
  }
  if (request.target.includes('/images/get')) stage.saved = bytes;
  if (response.upgraded) compareStream(comparison, where, response.upgraded.events ?? [], bytes, response.upgraded.protocol);
  else if (response.body && !endless(request, response)) await compareBody(comparison, where, response.body, bytes);
  else if (request.target.includes('/events') && response.body) await compareBody(comparison, where, response.body, bytes);
}

async function compareBody(comparison: Comparison, where: string, recorded: NonNullable<RecordedResponse['body']>, bytes: Buffer): Promise<void> {
  try {
    comparison.bodies(where, recorded, await bodyLike(recorded, bytes));
  } catch (error) {
    comparison.differences.push(`${where}: ${String(error)}: ${bytes.subarray(0, 200).toString()}`);
  }
}

const comparedHeaders = ['Content-Type', 'Docker-Experimental', 'Ostype', 'Upgrade', 'Builder-Version', 'Swarm', 'Cache-Control', 'Pragma'];

function compareHeaders(comparison: Comparison, where: string, { headers }: RecordedResponse, now: Record<string, unknown>): void {
  for (const name of comparedHeaders) {
    const recorded = headers.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
    comparison.values(`${where} header ${name}`, recorded, now[name.toLowerCase()]);
  }
}

/** What the server said on a connection taken over; a terminal's echo may come in any pieces. */
function compareStream(comparison: Comparison, where: string, events: readonly StreamEvent[], bytes: Buffer, protocol: string): void {
  const said = events.filter((event) => event.dir === 's2c');
  const frames = said.flatMap((event) => event.frames ?? []);
  if (frames.length > 0) comparison.bodies(where, { kind: 'multiplexed', frames }, { kind: 'multiplexed', frames: framesOf(bytes) });
  else if (protocol === 'websocket') comparison.values(`${where} websocket`, Buffer.concat(said.map((event) => Buffer.from(event.base64 ?? '', 'base64'))).toString('hex'), bytes.toString('hex'));
  else comparison.values(`${where} terminal`, screen(said.map((event) => event.text ?? '').join('')), screen(bytes.toString()));
}

/** A terminal's text without cursor movements, the shell's greeting, and what kernel and shell both echo. */
function screen(text: string): string[] {
  // eslint-disable-next-line no-control-regex
  const plain = text.replace(/\x1b\[[0-9;]*[A-Za-z]/g, '').split(/\r?\n|\r/);
  const lines = plain.map((line) => line.replace(/^(?:\/ # )+/, '').trim()).filter((line) => line !== '' && !/BusyBox|built-in/.test(line));
  return lines.filter((line, index) => line !== lines[index - 1]);
}

async function within<T>(promise: Promise<T>): Promise<T> {
  return Promise.race([promise, pause(patience).then(() => Promise.reject(new Error(`no answer within ${patience} ms`)))]);
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((wake) => setTimeout(wake, milliseconds).unref());
}
