/** `GET /containers/{id}/stats`: counters once, or every second. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Writable } from 'node:stream';
import { InvalidArgument } from '#base';
import type { Engine } from '../context.ts';
import { carriedHeader, type Successor } from '../handover/succession.ts';
import type { ApiReply, ApiRequest } from '../router.ts';
import { writeChunk } from '../streams.ts';
import type { ContainerRecord } from './record.ts';
import { Pace } from './stats/pace.ts';
import { document, noSample, sampleOf, type Heading, type Sample } from './stats/sample.ts';

type Needs = Pick<Engine, 'containers' | 'supervisor' | 'networks' | 'succession'>;

/** Milliseconds between two samples. */
const interval = 1000;
/** That of all who follow. */
const pace = new Pace(interval);

/**
 * `stream` (the default) goes on until the container is removed or the client leaves. Without it the answer has two
 * samples a second apart, so that a share of the processor can be told; with `one-shot` only one.
 */
export async function containerStats(engine: Needs, request: ApiRequest, reply: ApiReply): Promise<void> {
  const record = engine.containers.find(request.path['id'] ?? '');
  const stream = request.query.has('stream') ? request.flag('stream') : true;
  if (stream && request.flag('one-shot')) throw new InvalidArgument('cannot have stream=true and one-shot=true');
  if (stream) return streamStats(engine, record, request, reply);
  const heading = headingOf(record, request);
  const first = await take(engine, record);
  const nameless = request.flag('one-shot') && first !== noSample;
  if (request.flag('one-shot') || first === noSample) return reply.json(200, JSON.parse(document(first, noSample, nameless ? { ...heading, name: undefined } : heading)));
  await pause(request.signal);
  reply.json(200, JSON.parse(document(await take(engine, record), first, heading)));
}

function headingOf({ id, name }: ContainerRecord, request: ApiRequest): Heading {
  return { name: { name: `/${name}`, id }, system: request.atLeast('1.52') };
}

async function streamStats(engine: Needs, record: ContainerRecord, request: ApiRequest, reply: ApiReply): Promise<void> {
  // Without a type, as dockerd does: clients know that one document a line comes.
  const out = reply.stream(200, '');
  const heading = headingOf(record, request);
  let before = noSample;
  while (engine.containers.get(record.id)) {
    const sample = await take(engine, record);
    if (!(await writeChunk(out, `${document(sample, before, heading)}\n`, request.signal))) return;
    before = sample;
    await pace.next();
    if (request.signal.aborted) return;
    if (engine.succession.successor) return goOn(engine.succession.successor, request, out);
  }
  out.end();
}

/** The newest daemon counts on. */
async function goOn(successor: Successor, request: ApiRequest, out: Writable): Promise<void> {
  if (request.headers[carriedHeader] !== undefined) return void request.body.socket.destroy(); // its own client asks the newest
  const path = `/v${request.version}/containers/${encodeURIComponent(request.path['id'] ?? '')}/stats?stream=1`;
  for await (const line of successor.lines(() => path, request.signal)) out.write(`${line}\n`);
  out.end();
}

/** A container that does not run has no counters. */
async function take(engine: Needs, record: ContainerRecord): Promise<Sample> {
  const state = engine.supervisor.state(record.id);
  if (state?.status !== 'running' && state?.status !== 'paused') return noSample;
  return sampleOf(await engine.supervisor.stats(record.id), engine.networks.traffic({ containerId: networkOwner(engine.supervisor, record.id), pid: state.pid }));
}

/** Whose endpoints it has: its own, or those of the container whose network it shares, as long as that one is there. */
function networkOwner(supervisor: Needs['supervisor'], id: string): string {
  const { network } = supervisor.spec(id);
  return network.mode === 'container' && supervisor.state(network.container) ? networkOwner(supervisor, network.container) : id;
}

/** False when the client went away meanwhile. */
async function pause(signal: AbortSignal): Promise<boolean> {
  try {
    await sleep(interval, undefined, { signal });
    return true;
  } catch {
    return false;
  }
}
