/**
 * The container's state machine as one table: what each verb may do in each status.
 *
 *   yes      it is done
 *   already  the state asked for holds: nothing to do, HTTP 304 where the API has it
 *   no       the state forbids it
 */
import type { ContainerStatus } from './port.ts';

export type Verb = 'start' | 'stop' | 'kill' | 'pause' | 'resume' | 'exec' | 'attach' | 'resize' | 'inspect-processes' | 'update' | 'remove';
export type Verdict = 'yes' | 'already' | 'no';

const y = 'yes';
const a = 'already';
const n = 'no';

const table: Readonly<Record<Verb, Readonly<Record<ContainerStatus, Verdict>>>> = {
  'start':             { created: y, running: a, paused: n, restarting: y, removing: n, exited: y, dead: n },
  'stop':              { created: a, running: y, paused: y, restarting: y, removing: a, exited: a, dead: a },
  'kill':              { created: n, running: y, paused: y, restarting: a, removing: n, exited: n, dead: n },
  'pause':             { created: n, running: y, paused: a, restarting: n, removing: n, exited: n, dead: n },
  'resume':            { created: n, running: a, paused: y, restarting: n, removing: n, exited: n, dead: n },
  'exec':              { created: n, running: y, paused: n, restarting: n, removing: n, exited: n, dead: n },
  'attach':            { created: y, running: y, paused: n, restarting: n, removing: n, exited: y, dead: n },
  'resize':            { created: n, running: y, paused: y, restarting: n, removing: n, exited: n, dead: n },
  'inspect-processes': { created: n, running: y, paused: y, restarting: n, removing: n, exited: n, dead: n },
  'update':            { created: y, running: y, paused: y, restarting: y, removing: n, exited: y, dead: n },
  'remove':            { created: y, running: n, paused: n, restarting: n, removing: a, exited: y, dead: y },
};

/** What `verb` may do to a container in `status`. `remove` is told without force: with it the container is killed first. */
export function can(verb: Verb, status: ContainerStatus): Verdict {
  return table[verb][status];
}
