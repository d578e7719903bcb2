/**
 * The container's state machine as one table: what each verb may do in each status.
 *
 *   yes      it is done
 *   already  the state asked for holds: nothing to do, nothing to wait for (HTTP 304 where the API has it)
 *   no       the state forbids it
 *
 * `create` is for a name that such a container has. `checkpoint` is an experiment of dockerd's: the engine refuses it
 * unless told otherwise. A start that a restart policy makes comes by no verb.
 */
import type { ContainerStatus } from './port.ts';

export type Verb =
  | 'create' | 'start' | 'kill' | 'stop' | 'restart' | 'pause' | 'unpause' | 'exec' | 'attach' | 'resize' | 'update' | 'rename' | 'commit' | 'remove'
  | 'wait' | 'top' | 'stats' | 'checkpoint' | 'cp' | 'export';
export type Verdict = 'yes' | 'already' | 'no';

const y = 'yes';
const a = 'already';
const n = 'no';

const table: Readonly<Record<Verb, Readonly<Record<ContainerStatus, Verdict>>>> = {
  create:     { created: n, running: n, paused: n, restarting: n, removing: n, exited: n, dead: n },
  start:      { created: y, running: a, paused: n, restarting: a, removing: n, exited: y, dead: n },
  kill:       { created: n, running: y, paused: y, restarting: a, removing: n, exited: n, dead: n },
  stop:       { created: a, running: y, paused: y, restarting: y, removing: a, exited: a, dead: a },
  restart:    { created: y, running: y, paused: y, restarting: y, removing: n, exited: y, dead: n },
  pause:      { created: n, running: y, paused: a, restarting: n, removing: n, exited: n, dead: n },
  unpause:    { created: n, running: a, paused: y, restarting: n, removing: n, exited: n, dead: n },
  exec:       { created: n, running: y, paused: n, restarting: n, removing: n, exited: n, dead: n },
  attach:     { created: y, running: y, paused: n, restarting: n, removing: n, exited: y, dead: n },
  resize:     { created: n, running: y, paused: y, restarting: n, removing: n, exited: n, dead: n },
  update:     { created: y, running: y, paused: y, restarting: y, removing: n, exited: y, dead: n },
  rename:     { created: y, running: y, paused: y, restarting: y, removing: y, exited: y, dead: y },
  commit:     { created: y, running: y, paused: y, restarting: y, removing: n, exited: y, dead: n },
  remove:     { created: y, running: n, paused: n, restarting: n, removing: a, exited: y, dead: y },
  wait:       { created: a, running: y, paused: y, restarting: y, removing: y, exited: a, dead: a },
  top:        { created: n, running: y, paused: y, restarting: n, removing: n, exited: n, dead: n },
  stats:      { created: a, running: y, paused: y, restarting: a, removing: a, exited: a, dead: a },
  checkpoint: { created: n, running: y, paused: y, restarting: n, removing: n, exited: n, dead: n },
  cp:         { created: y, running: y, paused: y, restarting: y, removing: n, exited: y, dead: n },
  export:     { created: y, running: y, paused: y, restarting: y, removing: n, exited: y, dead: n },
};

/** What `verb` may do to a container in `status`. `remove` is told without force: with it the container is killed first. */
export function can(verb: Verb, status: ContainerStatus): Verdict {
  return table[verb][status];
}
