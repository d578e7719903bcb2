/**
 * What `docker events` tells of a build: its steps' containers are in none of the engine's lists, yet they come, run and
 * go as every container does, and programs that watch the engine count on hearing of them.
 */
import type { StepContainer } from '#builder';
import type { SupervisorEvent } from '#supervisor';
import { attributesOf } from '../containers/attributes.ts';
import { publishEnd, publishEndpoint, runTime } from '../containers/lifecycle.ts';
import { inventName } from '../containers/names.ts';
import type { Engine } from '../context.ts';

type Room = Pick<Engine, 'supervisor' | 'containers' | 'networks' | 'events'>;
/** A container as its events show it. */
type Shown = Parameters<typeof attributesOf>[0];

/** The steps of one build; nothing is told after it was disposed. */
export interface Steps extends Disposable {
  /** A container is there; what becomes of one that the supervisor has is told as it happens. */
  made(container: StepContainer): void;
  /** One that the supervisor never had is gone. */
  gone(id: string): void;
  /** It is another's to tell of from now on; gives the name under which it was shown. */
  release(id: string): string | undefined;
}

export function followSteps(engine: Room): Steps {
  const shown = new Map<string, Shown>();
  const following = engine.supervisor.subscribe((event) => {
    const container = shown.get(event.id);
    if (!container) return;
    tell(engine, container, event);
    if (event.kind === 'removed') shown.delete(event.id);
  });
  return {
    made({ id, image, config }) {
      const name = inventName((candidate) => engine.containers.list().some((other) => other.name === candidate));
      const container = { name, config: { Labels: config.Labels ?? {}, Image: image ?? '' } };
      shown.set(id, container);
      engine.events.publish('container', 'create', id, attributesOf(container));
    },
    gone(id) {
      const container = shown.get(id);
      if (container) engine.events.publish('container', 'destroy', id, attributesOf(container));
      shown.delete(id);
    },
    release(id) {
      const container = shown.get(id);
      shown.delete(id);
      return container?.name;
    },
    [Symbol.dispose]: () => following[Symbol.dispose](),
  };
}

function tell(engine: Room, container: Shown, event: SupervisorEvent): void {
  const publish = (action: string, more?: Record<string, string>): void => {
    engine.events.publish('container', action, event.id, attributesOf(container, more));
  };
  switch (event.kind) {
    case 'started':
      publish('attach'); // the build reads what it says
      for (const endpoint of engine.supervisor.state(event.id)?.endpoints ?? []) publishEndpoint(engine, 'connect', endpoint);
      return publish('start');
    case 'signalled':
      return publish('kill', { signal: String(event.signal) });
    case 'oom':
      return publish('oom');
    case 'exited':
      for (const endpoint of event.endpoints) publishEndpoint(engine, 'disconnect', endpoint);
      return publishEnd(engine, container, event, runTime(engine, event));
    case 'removed':
      return publish('destroy');
    default:
  }
}
