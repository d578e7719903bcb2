/** The chain of events that led here, each in a few words. */
import { type ContainerEvent, signalName } from './facts.ts';

export interface Link {
  /** RFC 3339. */
  readonly time: string;
  readonly what: string;
}

/** In order of time; what only looked at the container is left out. */
export function chainOf(events: readonly ContainerEvent[]): Link[] {
  return events.toSorted((a, b) => a.time - b.time).flatMap((event) => {
    const what = wordsFor(event);
    return what === undefined ? [] : [{ time: new Date(event.time * 1000).toISOString().replace('.000Z', 'Z'), what }];
  });
}

function wordsFor({ Action, Actor }: ContainerEvent): string | undefined {
  const attributes = Actor.Attributes ?? {};
  switch (Action) {
    case 'create': return `created from ${attributes['image'] ?? 'an image'}`;
    case 'start': return 'started';
    case 'restart': return 'restarted, as somebody asked';
    case 'kill': return `sent ${signalName(Number(attributes['signal'] ?? 0))}`;
    case 'oom': return 'out of memory: the kernel killed a process';
    case 'die': return `ended with exit code ${attributes['exitCode'] ?? '?'}`;
    case 'stop': return 'stopped, as somebody asked';
    case 'pause': return 'paused';
    case 'unpause': return 'unpaused';
    case 'rename': return `renamed from ${(attributes['oldName'] ?? '').replace(/^\//, '')}`;
    case 'update': return 'its limits or policy changed';
    case 'destroy': return 'removed';
    default: return Action.startsWith('health_status') ? `health: ${Action.replace(/^health_status:? ?/, '')}` : undefined;
  }
}
