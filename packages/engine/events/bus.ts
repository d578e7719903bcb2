/**
 * What happened, as `GET /events` tells it: published by the rooms that did it, kept in the store for replay, sent to
 * whoever listens.
 */
import type { EventMessage, EventType } from '#spec';
import type { Clock } from '../clock.ts';
import type { EventLog } from './log.ts';

/** Disposing writes what is not stored yet; what is published after that, nobody hears: it is another daemon's to tell. */
export interface Events extends Disposable {
  /** Tells one event. `attributes` are Docker's: a container's labels, `image`, `name` and what the action adds. */
  publish(type: EventType, action: string, id: string, attributes?: Readonly<Record<string, string>>): EventMessage;
  /** Calls `listener` for each event from now on. */
  subscribe(listener: (event: EventMessage) => void): Disposable;
  /** Stored events, oldest first, from `since` to `until` (nanoseconds, both included; undefined: open). */
  replay(since: bigint | undefined, until: bigint | undefined): EventMessage[];
  /** How many listen: info's NEventsListener. */
  readonly listeners: number;
}

/** The bus over a log, which is its own from now on. */
export function eventBus(log: EventLog, clock: Clock): Events {
  const listeners = new Set<(event: EventMessage) => void>();
  let closed = false;
  return {
    publish(type, action, id, attributes = {}) {
      const event = message(type, action, id, attributes, clock.nanoseconds());
      if (closed) return event;
      log.append(event);
      for (const listener of listeners) listener(event);
      return event;
    },
    subscribe(listener) {
      listeners.add(listener);
      return { [Symbol.dispose]: () => void listeners.delete(listener) };
    },
    replay: (since, until) => log.read(since, until),
    get listeners() {
      return listeners.size;
    },
    [Symbol.dispose]() {
      closed = true;
      log[Symbol.dispose]();
    },
  };
}

/** Only containers and images carry the old `status`, `id` and `from`. */
function message(type: EventType, action: string, id: string, attributes: Readonly<Record<string, string>>, at: bigint): EventMessage {
  const legacy: Partial<EventMessage> = {};
  if (type === 'container' || type === 'image') {
    legacy.status = action;
    if (id !== '') legacy.id = id;
    const from = type === 'container' ? attributes['image'] : undefined;
    if (from) legacy.from = from;
  }
  return {
    ...legacy,
    Type: type,
    Action: action,
    Actor: { ID: id, Attributes: Object.fromEntries(Object.entries(attributes).toSorted(([a], [b]) => (a < b ? -1 : 1))) },
    scope: 'local',
    time: Number(at / 1_000_000_000n),
    timeNano: at,
  };
}
