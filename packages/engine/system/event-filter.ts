/** Which events a listener of `GET /events` asked for. Names match exactly; containers, volumes … also by prefix of id or name. */
import type { EventMessage } from '#spec';
import { matchesLabels, type Filters } from '../filters.ts';

const actors = ['config', 'container', 'daemon', 'network', 'node', 'plugin', 'secret', 'service', 'volume'] as const;
/** Actions that carry a detail behind a colon (`exec_create: sh`): asked for without it, they match by prefix. */
const detailed = ['health_status', 'exec_create', 'exec_start'];

/** True when every filter lets the event through. */
export function includesEvent(filters: Filters, event: EventMessage): boolean {
  return (
    matchesAction(filters.get('event'), event.Action) &&
    exact(filters.get('type'), event.Type) &&
    exact(filters.get('scope'), event.scope) &&
    actors.every((type) => matchesActor(filters.get(type), event)) &&
    matchesImage(filters.get('image'), event) &&
    matchesLabels(filters.get('label'), event.Actor.Attributes)
  );
}

function exact(wanted: readonly string[] | undefined, value: string): boolean {
  return wanted === undefined || wanted.length === 0 || wanted.includes(value);
}

function fuzzy(wanted: readonly string[] | undefined, value: string): boolean {
  return exact(wanted, value) || (wanted ?? []).some((prefix) => value.startsWith(prefix));
}

function matchesAction(wanted: readonly string[] | undefined, action: string): boolean {
  return wanted?.some((name) => detailed.includes(name)) ? fuzzy(wanted, action) : exact(wanted, action);
}

function matchesActor(wanted: readonly string[] | undefined, { Actor }: EventMessage): boolean {
  return fuzzy(wanted, Actor.ID) || fuzzy(wanted, Actor.Attributes['name'] ?? '');
}

function matchesImage(wanted: readonly string[] | undefined, { Type, Actor }: EventMessage): boolean {
  const name = Actor.Attributes[Type === 'image' ? 'name' : 'image'] ?? '';
  return [Actor.ID, name, withoutTag(Actor.ID), withoutTag(name)].some((candidate) => exact(wanted, candidate));
}

/** `localhost:5000/x:1` is `localhost:5000/x`. */
function withoutTag(image: string): string {
  return image.replace(/(?::[^/:@]+)?(?:@.*)?$/, '');
}
