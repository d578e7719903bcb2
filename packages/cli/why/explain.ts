/** Why a container is in the state it is in, in plain sentences. Pure: facts in, sentences out. */
import { causeAttribute, healthOnFailureLabel } from '#spec';
import { humanDuration } from '../format/units.ts';
import { chainOf, type Link } from './chain.ts';
import { doneForHealth, endReason, healthPolicyOf } from './ending.ts';
import type { ContainerEvent, ContainerFacts } from './facts.ts';
import { startFailure } from './start-failure.ts';

export interface Explanation {
  readonly name: string;
  readonly id: string;
  readonly state: string;
  /** One sentence. */
  readonly summary: string;
  /** The reasons, the nearest first. */
  readonly reasons: readonly string[];
  readonly events: readonly Link[];
}

/** `now` in milliseconds. */
export function explain(facts: ContainerFacts, events: readonly ContainerEvent[], now: number): Explanation {
  const name = facts.Name.replace(/^\//, '');
  const { Status: state } = facts.State;
  const reasons = [...stateReasons(facts, events), ...ownerReasons(facts), ...policyReasons(facts, events), ...healthReasons(facts)];
  return { name, id: facts.Id, state, summary: `${name} ${summaryOf(facts, now)}.`, reasons, events: chainOf(events, healthPolicyOf(facts)) };
}

function summaryOf({ State, Created }: ContainerFacts, now: number): string {
  const ago = (time: string | undefined): string => (isTime(time) ? `${humanDuration((now - Date.parse(time ?? '')) / 1000).toLowerCase()} ago` : 'at an unknown time');
  switch (State.Status) {
    case 'created': return `was created ${ago(Created)} and is not running`;
    case 'running': return `is running; it was started ${ago(State.StartedAt)}`;
    case 'paused': return `is paused; it was started ${ago(State.StartedAt)}`;
    case 'restarting': return `ended ${ago(State.FinishedAt)} with exit code ${State.ExitCode} and waits to be started again`;
    case 'exited': return `ended ${ago(State.FinishedAt)} with exit code ${State.ExitCode}`;
    case 'removed': return `is gone: it was removed ${ago(State.FinishedAt)}`;
    case 'removing': return 'is being removed';
    default: return `is ${State.Status}`;
  }
}

function stateReasons(facts: ContainerFacts, all: readonly ContainerEvent[]): string[] {
  const events = sinceLastStart(all);
  const { Status, Error: error, ExitCode } = facts.State;
  switch (Status) {
    case 'created': return [error === '' ? 'Nobody has started it yet.' : `It could not be started: ${startFailure(error, ExitCode)}.`];
    case 'paused': return ['Somebody paused it: its processes are frozen until it is unpaused.'];
    case 'running': return restartedReasons(facts, all);
    case 'exited': case 'restarting': return error === '' ? [endReason(facts, events)] : [`It could not be started again: ${startFailure(error, ExitCode)}.`, `Before that: ${endReason(facts, events)}`];
    case 'removing': return ['Its removal is under way.'];
    case 'dead': return ['Its removal has failed half way: what is left of it goes when it is removed again.'];
    case 'removed': return events.some(({ Action }) => Action === 'die') ? [endReason(facts, events)] : [];
    default: return [];
  }
}

/** A run that the daemon's or the machine's end cut short, and that began again with the daemon. */
function daemonReasons(events: readonly ContainerEvent[]): string[] {
  const last = events.findLastIndex(({ Action }) => Action === 'start');
  const cause = sinceLastStart(events.slice(0, Math.max(0, last))).map(({ Actor }) => Actor.Attributes?.[causeAttribute]).find((each) => each !== undefined);
  if (cause === undefined) return [];
  return [`${cause === 'daemon-stop' ? 'The daemon ended and took it along' : 'The machine went down under it'}; its restart policy started it again with the daemon.`];
}

/** What it shares with another container is that one's. */
function ownerReasons({ State, networkOwner }: ContainerFacts): string[] {
  if (!networkOwner) return [];
  const { name, status } = networkOwner;
  if (status === undefined) return [`It shares the network of container ${name}, which is gone: ${State.Status === 'running' ? 'it has no network any more' : 'it cannot start without it'}.`];
  if (status === 'running' || status === 'paused') return [];
  return [`It shares the network of container ${name}, which is ${status}: ${State.Status === 'running' ? 'it has no network until both are started again' : 'that one must run first'}.`];
}

function restartedReasons(facts: ContainerFacts, events: readonly ContainerEvent[]): string[] {
  const { RestartCount = 0 } = facts;
  const last = events.findLast(({ Action }) => Action === 'restart' || Action === 'start');
  const ofHealth = last?.Action === 'restart' && doneForHealth(events, healthPolicyOf(facts)).has(last);
  return [
    ...(ofHealth ? [`It was restarted because its health check failed: its label ${healthOnFailureLabel} says so.`] : []),
    ...daemonReasons(events),
    ...(RestartCount === 0 ? [] : [`It ended ${times(RestartCount)} before, and its restart policy started it again each time.`]),
  ];
}

function policyReasons({ State, HostConfig, RestartCount = 0 }: ContainerFacts, events: readonly ContainerEvent[]): string[] {
  const { Name: policy = 'no', MaximumRetryCount: most = 0 } = HostConfig.RestartPolicy ?? {};
  if (State.Status === 'restarting') return [`Its restart policy "${policy}" starts it again after a pause that doubles each time; it was started again ${times(RestartCount)} so far.`];
  if (State.Status !== 'exited') return [];
  if (policy === '' || policy === 'no') return ['Its restart policy is "no": the engine does not start it again.'];
  if (isAsked(sinceLastStart(events))) return [`Its restart policy "${policy}" does not start again what somebody ended.`];
  if (policy === 'on-failure' && State.ExitCode === 0) return ['Its restart policy "on-failure" starts it again only after a failure.'];
  if (policy === 'on-failure' && most > 0 && RestartCount >= most) return [`Its restart policy "on-failure" has tried ${times(most)}, as often as it may.`];
  return [`Its restart policy is "${policy}".`];
}

function healthReasons({ State: { Health } }: ContainerFacts): string[] {
  if (!Health || Health.Status === 'none') return [];
  const last = Health.Log?.at(-1);
  const said = last && last.Output.trim() !== '' ? `; the last check said: ${last.Output.trim().split('\n', 1)[0] ?? ''}` : '';
  if (Health.Status === 'healthy') return ['Its health check passes.'];
  if (Health.Status === 'starting') return [`Its health check has not passed yet${said}.`];
  return [`Its health check has failed ${times(Health.FailingStreak)} in a row${said}.`];
}

/** Whether somebody ended it, so that policies rest: by a stop, or by one of the signals that end. */
function isAsked(events: readonly ContainerEvent[]): boolean {
  if (events.some(({ Actor }) => Actor.Attributes?.[causeAttribute] !== undefined)) return false;
  return events.some(({ Action, Actor }) => Action === 'stop' || (Action === 'kill' && /^(?:9|15)$/.test(Actor.Attributes?.['signal'] ?? '')));
}

function sinceLastStart(events: readonly ContainerEvent[]): readonly ContainerEvent[] {
  return events.slice(events.findLastIndex(({ Action }) => Action === 'start') + 1);
}

function times(count: number): string {
  return count === 1 ? 'once' : `${count} times`;
}

function isTime(time: string | undefined): boolean {
  return time !== undefined && !time.startsWith('0001-');
}
