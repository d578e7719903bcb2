/**
 * The stored events: the newest ten thousand, so that `--since` reaches back past a restart of the daemon. Rows are
 * written a few milliseconds after the event, many in one transaction, to stay off the path of whoever caused it; a
 * kill -9 can lose those few. While the disk is full, or nearly so, they wait in memory: what the store has laid by for that
 * day is not theirs.
 */
import { Internal, type Database } from '#base';
import type { EventMessage } from '#spec';

const kept = 10_000;
/** So many more may be there before the oldest go. */
const slack = 2_000;
const delay = 20;
/** Milliseconds until what could not be written is tried again. */
const longDelay = 5000;

export interface EventLog extends Disposable {
  append(event: EventMessage): void;
  /** Oldest first; nanoseconds, both ends included. */
  read(since: bigint | undefined, until: bigint | undefined): EventMessage[];
}

/** The log in the metadata store; disposing writes what is pending. `onTrouble` is told once when nothing can be written, until it can again. */
export function eventLog(db: Database, onTrouble: (error: unknown) => void): EventLog {
  // Without rowid: SQLite reports the last one as a number, and nanoseconds are beyond what a number holds.
  db.migrate('events', ['CREATE TABLE events (at INTEGER PRIMARY KEY, message TEXT NOT NULL) STRICT, WITHOUT ROWID']);
  let pending: EventMessage[] = [];
  let timer: NodeJS.Timeout | undefined;
  let stored = 0;
  let troubled = false;
  const flush = (): void => {
    clearTimeout(timer);
    timer = undefined;
    if (pending.length === 0) return;
    try {
      if (!db.hasPlenty()) throw new Internal('no space left on device');
      store(db, pending);
      stored += pending.length;
      const last = pending.at(-1)?.timeNano ?? 0n;
      pending = [];
      if (stored >= slack) trim(db, last);
      stored %= slack;
      troubled = false;
    } catch (error) {
      pending = pending.slice(-kept);
      timer = setTimeout(flush, longDelay).unref();
      if (!troubled) onTrouble(error);
      troubled = true;
    }
  };
  if (db.hasPlenty()) trim(db, BigInt(Date.now() + 1) * 1_000_000n);
  return {
    append(event) {
      pending.push(event);
      timer ??= setTimeout(flush, delay).unref();
    },
    read(since, until) {
      flush();
      return [...load(db, since, until), ...pending.filter(({ timeNano }) => timeNano >= (since ?? 0n) && (until === undefined || timeNano <= until))];
    },
    [Symbol.dispose]() {
      flush();
      clearTimeout(timer);
    },
  };
}

function store(db: Database, batch: readonly EventMessage[]): void {
  db.transaction(() => {
    for (const { timeNano, ...rest } of batch) {
      db.run('INSERT OR REPLACE INTO events VALUES (?, ?)', timeNano, JSON.stringify(rest));
    }
  });
}

/**
 * Finding the oldest to keep walks over all that are kept: not something to do each time. What is later than `now` (nanoseconds) was
 * told while the clock was ahead, and goes before all others: it would outlive whatever happens until that day.
 */
function trim(db: Database, now: bigint): void {
  db.run('DELETE FROM events WHERE at IN (SELECT at FROM events ORDER BY events.at > ?, events.at DESC LIMIT -1 OFFSET ?)', now, kept);
}

function load(db: Database, since: bigint | undefined, until: bigint | undefined): EventMessage[] {
  const rows = db.all<{ at: string; message: string }>(
    'SELECT CAST(at AS TEXT) AS at, message FROM events WHERE at >= ? AND at <= ? ORDER BY events.at',
    since ?? 0n,
    until ?? (1n << 62n),
  );
  return rows.map(({ at, message }) => ({ ...(JSON.parse(message) as Omit<EventMessage, 'timeNano'>), timeNano: BigInt(at) }));
}
