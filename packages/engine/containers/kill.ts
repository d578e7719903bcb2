/** `POST /containers/{id}/kill`. */
import { setTimeout as delay } from 'node:timers/promises';
import { Conflict, Internal, InvalidArgument, isKind, messageOf, NotFound } from '#base';
import { isSignal, parseSignal } from '#spec';
import type { Engine } from '../context.ts';
import { settleLife } from './lives.ts';
import type { ContainerRecord } from './record.ts';

const sigkill = 9;
/** Milliseconds. */
const killPatience = 10_000;

/** `name` is how the client called the container, `signal` by name or number, '' for KILL. Throws in Docker's words. */
export async function killContainer(engine: Pick<Engine, 'supervisor' | 'containers' | 'lives'>, name: string, signal: string): Promise<void> {
  const complain = (error: unknown): string => `cannot kill container: ${name}: ${messageOf(error)}`;
  try {
    const number = signal === '' ? sigkill : signalOf(signal); // told before the container is looked for, as by dockerd
    const record = engine.containers.find(name);
    const status = engine.supervisor.state(record.id)?.status;
    if (status === 'running' || status === 'paused' || status === 'restarting') markStopped(engine, record, number);
    if (status === 'restarting') return cancelRestart(engine, record);
    await engine.supervisor.kill(record.id, number);
    if (number === sigkill) await withinPatience(engine.supervisor.wait(record.id, 'not-running'));
  } catch (error) {
    if (isKind(error, 'InvalidArgument')) throw new InvalidArgument(complain(error));
    if (isKind(error, 'NotFound')) throw new NotFound(complain(error));
    if (isKind(error, 'Conflict')) throw new Conflict(complain(error));
    throw error;
  }
}

/** A number that is no signal is told apart from a name that is none. */
function signalOf(text: string): number {
  const signal = parseSignal(text);
  if (!isSignal(signal)) throw new InvalidArgument(`the linux daemon does not support signal ${signal}`);
  return signal;
}

/** KILL is answered once the container has ended, as dockerd does: the client may look at it then. */
async function withinPatience(ended: Promise<unknown>): Promise<void> {
  const late = new AbortController();
  const patience = delay(killPatience, true, { signal: late.signal }).catch(() => false);
  const overdue = await Promise.race([ended.then(() => false, () => false), patience]);
  late.abort();
  if (overdue) throw new Internal('tried to kill container, but did not receive an exit event');
}

/** A signal that is meant to end it keeps the restart policy from starting it again. */
function markStopped(engine: Pick<Engine, 'containers'>, record: ContainerRecord, signal: number): void {
  const stopSignal = record.config.StopSignal;
  const ends = signal === sigkill || stopSignal === undefined || parseSignal(stopSignal) === signal;
  if (ends && record.hostConfig.RestartPolicy.Name !== 'no') engine.containers.update(record.id, { manuallyStopped: true });
}

function cancelRestart(engine: Pick<Engine, 'supervisor' | 'lives'>, record: ContainerRecord): void {
  const life = engine.lives.of(record.id);
  clearTimeout(life.restart?.timer);
  engine.supervisor.markRestarting(record.id, false);
  settleLife(life, engine.supervisor.state(record.id)?.exit?.code ?? 0);
}
