/** What the events tell of a container that is gone. */
import type { ContainerEvent, ContainerFacts } from './facts.ts';

/** Undefined where they do not tell of its removal. */
export function factsOfRemoved(events: readonly ContainerEvent[]): ContainerFacts | undefined {
  const end = events.findLast(({ Action }) => Action === 'destroy');
  if (!end) return undefined;
  const last = events.slice(events.findLastIndex(({ Action }) => Action === 'start') + 1);
  const exitCode = last.find(({ Action }) => Action === 'die')?.Actor.Attributes?.['exitCode'];
  const timeOf = (event: ContainerEvent | undefined): string => new Date((event ?? end).time * 1000).toISOString();
  return {
    Id: end.Actor.ID ?? '',
    Name: end.Actor.Attributes?.['name'] ?? '',
    Created: timeOf(events.find(({ Action }) => Action === 'create')),
    State: { Status: 'removed', ExitCode: Number(exitCode ?? 0), Error: '', OOMKilled: last.some(({ Action }) => Action === 'oom'), FinishedAt: timeOf(end) },
    Config: { Labels: end.Actor.Attributes },
    HostConfig: {},
  };
}
