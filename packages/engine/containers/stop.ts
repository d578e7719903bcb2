/** `POST /containers/{id}/stop` and `/restart`. */
import { isKind, NotModified } from '#base';
import { parseSignal } from '#spec';
import type { Engine } from '../context.ts';
import { attributesOf } from './attributes.ts';
import { settleLife, stopAndTell } from './lives.ts';
import type { ContainerRecord } from './record.ts';
import { startAgain } from './start.ts';

type Needs = Parameters<typeof startAgain>[0] & Pick<Engine, 'clock'>;

export interface StopRequest {
  /** Seconds; undefined takes the container's, -1 waits for ever. */
  readonly timeout: number | undefined;
  /** By name or number; '' takes the container's stop signal. */
  readonly signal: string;
}

/** Throws NotModified when it does not run. A restart by policy that was due does not come. */
export async function stopContainer(engine: Needs, record: ContainerRecord, request: StopRequest): Promise<void> {
  const status = engine.supervisor.state(record.id)?.status;
  if (status !== 'running' && status !== 'paused' && status !== 'restarting') throw new NotModified('container already stopped');
  const signal = signalOf(request);
  engine.containers.update(record.id, { manuallyStopped: true });
  await tellingStop(engine, record, () => (status === 'restarting' ? cancelRestart(engine, record) : engine.supervisor.stop(record.id, request.timeout, signal)));
}

function tellingStop(engine: Needs, record: ContainerRecord, stop: () => Promise<void>): Promise<void> {
  return stopAndTell(engine.lives.of(record.id), () => engine.events.publish('container', 'stop', record.id, attributesOf(record)), stop);
}

/** Stops it when it runs, and starts it. Who waits is told of the end between, as by dockerd. */
export async function restartContainer(engine: Needs, record: ContainerRecord, request: StopRequest): Promise<void> {
  const life = engine.lives.of(record.id);
  const status = engine.supervisor.state(record.id)?.status;
  life.restartsByHand++;
  try {
    if (status === 'restarting') await cancelRestart(engine, record);
    else if (status === 'running' || status === 'paused') {
      await unlessDone(tellingStop(engine, record, () => engine.supervisor.stop(record.id, request.timeout, signalOf(request))));
    }
    engine.containers.update(record.id, { manuallyStopped: false, restartCount: 0 });
    await unlessDone(startAgain(engine, engine.containers.get(record.id) ?? record));
  } finally {
    life.restartsByHand--;
  }
  engine.events.publish('container', 'restart', record.id, attributesOf(record));
}

/** It ended by itself meanwhile, or another's restart was faster: what was asked for holds. */
async function unlessDone(work: Promise<void>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!isKind(error, 'NotModified')) throw error;
  }
}

function signalOf({ signal }: StopRequest): number | undefined {
  return signal === '' ? undefined : parseSignal(signal);
}

/** Takes back a start that a policy had scheduled; whoever waits gets the last exit. */
async function cancelRestart(engine: Needs, record: ContainerRecord): Promise<void> {
  const life = engine.lives.of(record.id);
  clearTimeout(life.restart?.timer);
  await engine.supervisor.stop(record.id);
  settleLife(life, engine.supervisor.state(record.id)?.exit?.code ?? 0);
}
