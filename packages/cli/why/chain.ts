/** The chain of events that led here, each in a few words. */
import { causeAttribute } from '#spec';
import { doneForHealth } from './ending.ts';
import { type ContainerEvent, signalName } from './facts.ts';

export interface Link {
  /** RFC 3339. */
  readonly time: string;
  readonly what: string;
}

/** In order of time; what only looked at the container is left out. */
export function chainOf(events: readonly ContainerEvent[], healthPolicy: string): Link[] {
  const inOrder = events.toSorted((a, b) => a.time - b.time);
  const forHealth = doneForHealth(inOrder, healthPolicy);
  return inOrder.flatMap((event) => {
    const what = wordsFor(event, forHealth.has(event) ? 'as its failed health check asks' : 'as somebody asked');
    return what === undefined ? [] : [{ time: new Date(event.time * 1000).toISOString().replace('.000Z', 'Z'), what }];
  });
}

function wordsFor({ Action, Actor }: ContainerEvent, asAsked: string): string | undefined {
  const attributes = Actor.Attributes ?? {};
  const cause = attributes[causeAttribute];
  switch (Action) {
    case 'create': return `created from ${attributes['image'] ?? 'an image'}`;
    case 'start': return 'started';
    case 'restart': return `restarted, ${asAsked}`;
    case 'kill': return `sent ${signalName(Number(attributes['signal'] ?? 0))}`;
    case 'oom': return 'out of memory: the kernel killed a process';
    case 'die': return cause === 'machine-down' ? 'lost: the machine went down under it' : `ended with exit code ${attributes['exitCode'] ?? '?'}`;
    case 'stop': return cause === 'daemon-stop' ? 'stopped, as the daemon ended' : `stopped, ${asAsked}`;
    case 'pause': return 'paused';
    case 'unpause': return 'unpaused';
    case 'rename': return `renamed from ${(attributes['oldName'] ?? '').replace(/^\//, '')}`;
    case 'update': return 'its limits or policy changed';
    case 'destroy': return 'removed';
    default: return Action.startsWith('health_status') ? `health: ${Action.replace(/^health_status:? ?/, '')}` : undefined;
  }
}

/** The chain as lines; what repeats itself, as a container that ends and is started again, is told once, counted, and told for the last time. */
export function chainLines(chain: readonly Link[]): string[] {
  const lines: string[] = [];
  const line = ({ time, what }: Link): string => `${time}  ${what}`;
  const same = (a: number, b: number): boolean => chain[a]?.what === chain[b]?.what && chain[a + 1]?.what === chain[b + 1]?.what;
  for (let at = 0; at < chain.length; ) {
    let repeats = 0;
    while (at + 2 * (repeats + 1) + 1 < chain.length && same(at, at + 2 * (repeats + 1))) repeats++;
    const shown = repeats < 3 ? 1 : 2;
    lines.push(...chain.slice(at, at + shown).map(line));
    if (shown === 2) lines.push(`… the same ${repeats - 1} times more …`, ...chain.slice(at + 2 * repeats, at + 2 * repeats + 2).map(line));
    at += shown === 2 ? 2 * repeats + 2 : 1;
  }
  return lines;
}
