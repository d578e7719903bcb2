/** Ends a container's run: the stop signal, some patience, SIGKILL. Holds no lock while it waits. */
import { setTimeout as delay } from 'node:timers/promises';
import { Internal, NotModified } from '#base';
import { isSignal } from '#spec';
import { kill } from './kill.ts';
import { entryOf, type Entry, type Room } from './room.ts';
import { can } from './states.ts';

/** Seconds that a SIGKILL may take to show; more means a process stuck in the kernel. */
const killPatience = 10;
/** Seconds for one that could not be asked to end, whatever its own are: as dockerd has it. */
const unaskedPatience = 2;
/** Milliseconds that a timer waits at most, some 25 days; for more it would not wait at all. */
const longestTimer = 2 ** 31 - 1;

/** Throws NotModified when it does not run. `timeout` in seconds, -1 waits for ever; undefined takes the spec's. */
export async function stop(room: Room, id: string, timeout: number | undefined, signal: number | undefined): Promise<void> {
  const entry = entryOf(room, id);
  if (can('stop', entry.status) !== 'yes') throw new NotModified('container already stopped');
  if (entry.status === 'restarting' && (await room.lock.run(id, async () => staysEnded(room, entry)))) return;
  const seconds = timeout ?? entry.spec.stopTimeout;
  const ended = entry.nextExit.promise.then(() => true);
  if (await within(ended, (await ask(room, entry, signal ?? entry.spec.stopSignal)) ? seconds : unaskedPatience)) return;
  await forceEnd(room, entry);
}

/** False for a number that is no signal: nothing is sent. */
async function ask(room: Room, entry: Entry, signal: number): Promise<boolean> {
  if (!isSignal(signal)) return false;
  await kill(room, entry.spec.id, signal);
  return true;
}

/** A container between two runs is not started again; false when its start had begun, and it is to be ended after all. */
function staysEnded(room: Room, entry: Entry): boolean {
  if (entry.status === 'restarting') {
    entry.status = 'exited';
    room.store.saveState(entry);
  }
  return entry.task === undefined;
}

/** SIGKILL, and waits for the end; fine when it does not run. */
export async function forceEnd(room: Room, entry: Entry): Promise<void> {
  if (can('kill', entry.status) !== 'yes') return;
  const ended = entry.nextExit.promise.then(() => true);
  await kill(room, entry.spec.id, 9);
  if (await within(ended, killPatience)) return;
  throw new Internal(`tried to kill container, but did not receive an exit event`);
}

async function within(ended: Promise<boolean>, seconds: number): Promise<boolean> {
  if (seconds < 0) return ended;
  const patience = new AbortController();
  const late = delay(Math.min(seconds * 1000, longestTimer), false, { signal: patience.signal }).catch(() => false);
  try {
    return await Promise.race([ended, late]);
  } finally {
    patience.abort();
  }
}
