/** What a container's status forbids to verbs that only read it, in dockerd's words. */
import { Conflict } from '#base';
import { can, type Verb } from '#supervisor';
import type { Engine } from '../context.ts';

/** Throws Conflict for a container that is on its way out. `asked` is the verb as the sentence has it. */
export function requireLasting(engine: Pick<Engine, 'supervisor'>, id: string, verb: Verb & ('commit' | 'export' | 'cp'), asked: string): void {
  const status = engine.supervisor.state(id)?.status;
  if (status === undefined || can(verb, status) !== 'no') return;
  throw new Conflict(`You cannot ${asked} container ${id} which is ${status === 'dead' ? 'Dead' : 'being removed'}`);
}
