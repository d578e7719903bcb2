/** `GET /containers/{id}/logs`: what the container has written, and with `follow` what it writes from now on. */
import { InvalidArgument, NotImplemented } from '#base';
import type { Engine } from '../context.ts';
import type { ApiReply, ApiRequest } from '../router.ts';
import { frame, multiplexedStream, rawStream, writeOrWait } from '../streams.ts';
import { parseUnixTime } from '../timestamp.ts';
import { detailsOf } from './logs/details.ts';
import { fixedTime, type LogEntry } from './logs/entry.ts';
import { parseSwitch } from './logs/forward/options.ts';
import { readLog, type ReadLog } from './logs/reader.ts';
import type { ContainerRecord } from './record.ts';

type Needs = Pick<Engine, 'containers' | 'supervisor'>;

/** What a reader of a log asks for. */
export interface LogsRequest {
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly timestamps: boolean;
  readonly details: boolean;
  readonly follow: boolean;
  /** Nanoseconds since the epoch. */
  readonly since: bigint | undefined;
  readonly until: bigint | undefined;
  /** Entries from the end; undefined for all. */
  readonly tail: number | undefined;
}

/** Throws InvalidArgument without a stream, NotImplemented for a log driver that keeps nothing readable. */
export async function containerLogs(engine: Needs, request: ApiRequest, reply: ApiReply): Promise<void> {
  const wanted = parseLogsRequest(request);
  const record = engine.containers.find(request.path['id'] ?? '');
  const source = logSource(engine, record, wanted, request.signal);
  const framed = !record.config.Tty;
  const out = reply.stream(200, framed && request.atLeast('1.42') ? multiplexedStream : rawStream);
  for await (const { stream, bytes } of logLines(record, source, wanted)) {
    if (!(await writeOrWait(out, framed ? frame(stream, bytes) : bytes, request.signal))) return;
  }
  out.end();
}

/** The chosen lines as bytes to show, details and timestamps before each. */
export async function* logLines(record: ContainerRecord, source: ReadLog, wanted: LogsRequest): AsyncGenerator<{ stream: 1 | 2; bytes: Buffer }> {
  const details = wanted.details ? detailsOf(record) || ' ' : '';
  for await (const entry of readLog(source)) {
    if (entry.stream === 1 ? wanted.stdout : wanted.stderr) yield { stream: entry.stream, bytes: lineOf(entry, details, wanted.timestamps) };
  }
}

/** Where the log of a container lies. Throws NotImplemented when its driver keeps none. */
export function logSource(engine: Needs, record: ContainerRecord, wanted: LogsRequest, signal: AbortSignal): ReadLog {
  const log = engine.supervisor.spec(record.id).log;
  const unreadable = parseSwitch(record.hostConfig.LogConfig.Config['cache-disabled'] ?? '');
  if (!log || unreadable) throw new NotImplemented('configured logging driver does not support reading');
  const running = ['running', 'paused', 'restarting'].includes(engine.supervisor.state(record.id)?.status ?? '');
  const ended = wanted.follow && running ? engine.supervisor.wait(record.id, 'not-running') : undefined;
  const { since, until, tail } = wanted;
  return { path: log.path, maxFiles: log.maxFiles, since, until, tail, ended, signal };
}

function parseLogsRequest(request: ApiRequest): LogsRequest {
  const [stdout, stderr] = [request.flag('stdout'), request.flag('stderr')];
  if (!stdout && !stderr) throw new InvalidArgument('Bad parameters: you must choose at least one stream');
  return {
    stdout,
    stderr,
    timestamps: request.flag('timestamps'),
    details: request.flag('details'),
    follow: request.flag('follow'),
    since: positive(parseUnixTime(request.query.get('since') ?? '')),
    until: positive(parseUnixTime(request.query.get('until') ?? '')),
    tail: parseTail(request.query.get('tail') ?? ''),
  };
}

/** Clients send 0 for "not asked". */
function positive(time: bigint | undefined): bigint | undefined {
  return time === 0n ? undefined : time;
}

/** What is no number means all of it, as dockerd reads it. */
function parseTail(text: string): number | undefined {
  return /^\d+$/.test(text) ? Number(text) : undefined;
}

function lineOf(entry: LogEntry, details: string, timestamps: boolean): Buffer {
  return Buffer.from((timestamps ? `${fixedTime(entry.time)} ` : '') + details + entry.text);
}
