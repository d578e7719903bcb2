/** `POST /containers/{id}/attach`. */
import { Conflict, NaruError } from '#base';
import { carry, type Carriage } from '../attachment.ts';
import type { Engine } from '../context.ts';
import { detachKeysOf } from '../detach-keys.ts';
import { statusOf } from '../errors.ts';
import { carriedHeader } from '../handover/succession.ts';
import type { ApiReply, ApiRequest } from '../router.ts';
import { frame, multiplexedStream, rawStream, writeOrWait } from '../streams.ts';
import { attributesOf } from './attributes.ts';
import { logLines, logSource } from './logs.ts';
import type { ContainerRecord } from './record.ts';
import { refusalOf } from '../websocket.ts';
import type { Duplex } from 'node:stream';

/** What a container has to end after its output has. */
const GRACE_MS = 3000;

type Needs = Pick<Engine, 'containers' | 'supervisor' | 'events' | 'succession'>;

/** As `attachTo`; what is wrong is told in the stream's own manner, as dockerd does: a line, no JSON. */
export async function attachContainer(engine: Needs, request: ApiRequest, reply: ApiReply): Promise<void> {
  try {
    await attachTo(engine, request, reply);
  } catch (error) {
    if (reply.hijacked || !(error instanceof NaruError)) throw error;
    const { status, message } = statusOf(error);
    reply.stream(status, rawStream).end(`${message}\r\n`);
  }
}

/** With `logs` what was written before comes first; with `stream` what is written from now on, until the container ends. */
async function attachTo(engine: Needs, request: ApiRequest, reply: ApiReply): Promise<void> {
  const record = engine.containers.find(request.path['id'] ?? '');
  const keys = detachKeysOf(request.query.get('detachKeys') ?? '');
  const framed = !record.config.Tty;
  const wanted = wantedStreams(request, record);
  requireAttachable(engine, record, request);
  if (!request.flag('stream') || isNothing(request)) {
    const socket = await reply.hijack(streamType(request, framed));
    if (request.flag('logs')) await replayLog(engine, record, wanted, request, socket, framed);
    socket.end(() => socket.destroy());
    return;
  }
  const run = endOfRun(engine, record);
  const attachment = await engine.supervisor.attach(record.id, wanted);
  const socket = await reply.hijack(streamType(request, framed));
  if (request.headers[carriedHeader] === undefined) engine.events.publish('container', 'attach', record.id, attributesOf(record));
  if (request.flag('logs')) await replayLog(engine, record, wanted, request, socket, framed);
  const end = await carry({ attachment, socket, framed, ...inputOf(record, keys), before: () => endOf(engine, run) });
  if (end === 'detached') engine.events.publish('container', 'detach', record.id, attributesOf(record));
}

/** `GET /containers/{id}/attach/ws`: the same over a websocket, whose messages are never framed. */
export async function attachWebsocket(engine: Needs, request: ApiRequest, reply: ApiReply): Promise<void> {
  const record = engine.containers.find(request.path['id'] ?? '');
  const wanted = wantedStreams(request, record);
  const keys = detachKeysOf(request.query.get('detachKeys') ?? '');
  const follow = request.flag('stream') && !isNothing(request);
  requireAttachable(engine, record, request);
  const refusal = refusalOf(request.headers);
  if (refusal !== undefined) return void reply.head(400, ['Sec-WebSocket-Version', '13']).end(refusal);
  const run = follow ? endOfRun(engine, record) : undefined;
  const attachment = run && (await engine.supervisor.attach(record.id, wanted));
  const socket = await reply.websocket();
  if (request.flag('logs')) await replayLog(engine, record, wanted, request, socket, false);
  if (!run || !attachment) return void socket.end(() => socket.destroy());
  engine.events.publish('container', 'attach', record.id, attributesOf(record));
  await carry({ attachment, socket, framed: false, ...inputOf(record, keys), before: () => endOf(engine, run) });
}

/** The end of the run that is attached to: the one under way, or the next, which may be over before its start has been told. */
function endOfRun({ supervisor }: Needs, { id }: ContainerRecord): Promise<unknown> {
  const status = supervisor.state(id)?.status;
  return supervisor.wait(id, status === 'running' || status === 'paused' ? 'not-running' : 'next-exit').catch(() => undefined);
}

/** Output usually ends because the container does: then its exit code is known before the client sees the end. One that goes on without output keeps nobody for long. */
async function endOf({ succession }: Needs, run: Promise<unknown>): Promise<void> {
  // After a takeover the end is the new daemon's to tell.
  if (succession.successor) return;
  const { promise: enough, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, GRACE_MS).unref();
  await Promise.race([run, enough]);
  clearTimeout(timer);
}

/** Only who attached to a container made for one session (`StdinOnce`) closes its stdin; a terminal's has no end. */
function inputOf({ config }: ContainerRecord, keys: Uint8Array): Pick<Carriage, 'detachKeys' | 'closesStdin'> {
  return { detachKeys: config.Tty ? keys : undefined, closesStdin: config.StdinOnce && !config.Tty };
}

function wantedStreams(request: ApiRequest, record: ContainerRecord): { stdin: boolean; stdout: boolean; stderr: boolean } {
  return { stdin: request.flag('stdin') && record.config.OpenStdin, stdout: request.flag('stdout'), stderr: request.flag('stderr') };
}

/** Who asks for no stream has nothing to stay for. */
function isNothing(request: ApiRequest): boolean {
  return !['stdin', 'stdout', 'stderr'].some((name) => request.flag(name));
}

/** Multiplexed streams are called so only since 1.42, and only to clients that upgrade. */
export function streamType(request: ApiRequest, framed: boolean): string {
  return framed && request.headers.upgrade !== undefined && request.atLeast('1.42') ? multiplexedStream : rawStream;
}

function requireAttachable(engine: Needs, record: ContainerRecord, request: ApiRequest): void {
  const name = request.path['id'] ?? record.id;
  const status = engine.supervisor.state(record.id)?.status;
  if (status === 'paused') throw new Conflict(`container ${name} is paused, unpause the container before attach`);
  if (status === 'restarting') throw new Conflict(`container ${name} is restarting, wait until the container is running`);
}

async function replayLog(
  engine: Needs,
  record: ContainerRecord,
  streams: { stdout: boolean; stderr: boolean },
  request: ApiRequest,
  socket: Duplex,
  framed: boolean,
): Promise<void> {
  const wanted = { ...streams, timestamps: false, details: false, follow: false, since: undefined, until: undefined, tail: undefined };
  const source = logSource(engine, record, wanted, request.signal);
  for await (const { stream, bytes } of logLines(record, source, wanted)) {
    if (!(await writeOrWait(socket, framed ? frame(stream, bytes) : bytes, request.signal))) return;
  }
}
