/** `POST /containers/{id}/wait`. */
import { InvalidArgument } from '#base';
import type { Engine } from '../context.ts';
import type { ContainerRecord } from './record.ts';
import type { WaitResult } from './lives.ts';

export type WaitCondition = 'not-running' | 'next-exit' | 'removed';

/** Throws InvalidArgument in Docker's words; '' is not-running. */
export function parseWaitCondition(text: string): WaitCondition {
  if (text === '' || text === 'not-running') return 'not-running';
  if (text === 'next-exit' || text === 'removed') return text;
  throw new InvalidArgument(`invalid condition: ${JSON.stringify(text)}`);
}

/** A run's end is the end, also of one that a policy follows with another, as with dockerd; between the two the container counts as running. */
export async function waitForContainer(engine: Pick<Engine, 'supervisor' | 'lives'>, record: ContainerRecord, condition: WaitCondition): Promise<WaitResult> {
  const life = engine.lives.of(record.id);
  if (condition === 'removed') {
    life.awaited.add('removed');
    return life.removed.promise;
  }
  const state = engine.supervisor.state(record.id);
  const idle = state === undefined || state.status === 'created' || state.status === 'exited' || state.status === 'dead';
  if (condition === 'not-running' && idle) return { StatusCode: state?.exit?.code ?? 0, ...(state?.error && { Error: { Message: state.error } }) };
  life.awaited.add('ended');
  return life.ended.promise;
}
