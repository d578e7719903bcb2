/** Why a container is in the state it is in, in plain sentences. Pure: facts in, sentences out. */
import { binarySize, humanDuration } from '../format/units.ts';
import { chainOf, type Link } from './chain.ts';
import { type ContainerEvent, type ContainerFacts, signalName } from './facts.ts';

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

const bySignal = 128;
const highestSignal = 64;

/** `now` in milliseconds. */
export function explain(facts: ContainerFacts, events: readonly ContainerEvent[], now: number): Explanation {
  const name = facts.Name.replace(/^\//, '');
  const { Status: state } = facts.State;
  const reasons = [...stateReasons(facts, sinceLastStart(events)), ...policyReasons(facts, events), ...healthReasons(facts)];
  return { name, id: facts.Id, state, summary: `${name} ${summaryOf(facts, now)}.`, reasons, events: chainOf(events) };
}

function summaryOf({ State, Created }: ContainerFacts, now: number): string {
  const ago = (time: string | undefined): string => (isTime(time) ? `${humanDuration((now - Date.parse(time ?? '')) / 1000).toLowerCase()} ago` : 'at an unknown time');
  switch (State.Status) {
    case 'created': return `was created ${ago(Created)} and is not running`;
    case 'running': return `is running; it was started ${ago(State.StartedAt)}`;
    case 'paused': return `is paused; it was started ${ago(State.StartedAt)}`;
    case 'restarting': return `ended ${ago(State.FinishedAt)} with exit code ${State.ExitCode} and waits to be started again`;
    case 'exited': return `ended ${ago(State.FinishedAt)} with exit code ${State.ExitCode}`;
    default: return `is ${State.Status}`;
  }
}

function stateReasons(facts: ContainerFacts, events: readonly ContainerEvent[]): string[] {
  const { Status, Error: failure } = facts.State;
  switch (Status) {
    case 'created': return [failure === '' ? 'Nobody has started it yet.' : `It could not be started: ${failure.replace(/\.?$/, '.')}`];
    case 'paused': return ['Somebody paused it: its processes are frozen until it is unpaused.'];
    case 'running': return restartedReasons(facts);
    case 'exited': case 'restarting': case 'dead': return [...(failure === '' ? [] : [`The engine said: ${failure.replace(/\.?$/, '.')}`]), endReason(facts, events)];
    default: return [];
  }
}

function restartedReasons({ RestartCount = 0 }: ContainerFacts): string[] {
  return RestartCount === 0 ? [] : [`It ended ${times(RestartCount)} before, and its restart policy started it again each time.`];
}

/** Who or what ended it. The events tell who asked; without them the exit code alone speaks. */
function endReason({ State, HostConfig }: ContainerFacts, events: readonly ContainerEvent[]): string {
  const { ExitCode: code } = State;
  const signals = events.filter(({ Action }) => Action === 'kill').map(({ Actor }) => Number(Actor.Attributes?.['signal'] ?? 0));
  const stopped = events.some(({ Action }) => Action === 'stop' || Action === 'restart');
  if (State.OOMKilled) {
    const limit = HostConfig.Memory ? `its limit of ${binarySize(HostConfig.Memory)}` : 'the machine';
    return `It ran out of memory: the kernel killed it because it needed more than ${limit} allows.`;
  }
  if (stopped && signals.includes(9) && code === bySignal + 9) {
    const first = signals.find((signal) => signal !== 9);
    return first === undefined ? 'Somebody stopped it, and it was killed at once.' : `Somebody stopped it: ${signalName(first)} did not end it within ${seconds(patienceIn(events))}, so it was killed.`;
  }
  if (stopped) return `Somebody stopped it, and it ended ${code === 0 ? 'in good order' : code > bySignal ? `by ${signalName(code - bySignal)}` : `with its own exit code ${code}`}.`;
  if (code > bySignal && signals.includes(code - bySignal)) return `Somebody sent it ${signalName(code - bySignal)}, which ended it.`;
  return exitReason(code);
}

/** Seconds from the first signal to the one that kills. */
function patienceIn(events: readonly ContainerEvent[]): number {
  const sent = events.filter(({ Action }) => Action === 'kill').map(({ time }) => time);
  return Math.max(...sent) - Math.min(...sent);
}

function seconds(count: number): string {
  return count === 1 ? '1 second' : `${count} seconds`;
}

function exitReason(code: number): string {
  if (code === 0) return 'Its process came to its end and reported success: there was nothing more to do.';
  if (code === 126) return 'Its command could not be executed (126): no permission, or no program.';
  if (code === 127) return 'Its command was not found (127).';
  if (code > bySignal && code <= bySignal + highestSignal) {
    const signal = code - bySignal;
    const crash = [4, 6, 7, 8, 11].includes(signal) ? ': the program crashed' : ', which the engine did not send: it came from inside, or from the host';
    return `Its process was ended by ${signalName(signal)}${crash}.`;
  }
  return `Its process ended by itself with exit code ${code}, which is its own way to report a failure: its logs may tell more.`;
}

function policyReasons({ State, HostConfig, RestartCount = 0 }: ContainerFacts, events: readonly ContainerEvent[]): string[] {
  const { Name: policy = 'no', MaximumRetryCount: most = 0 } = HostConfig.RestartPolicy ?? {};
  if (State.Status === 'restarting') return [`Its restart policy "${policy}" starts it again after a pause that doubles each time; it was started again ${times(RestartCount)} so far.`];
  if (State.Status !== 'exited') return [];
  if (policy === '' || policy === 'no') return ['Its restart policy is "no": the engine does not start it again.'];
  const asked = sinceLastStart(events).some(({ Action }) => Action === 'stop' || Action === 'kill');
  if (asked) return [`Its restart policy "${policy}" does not start again what somebody ended.`];
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

function sinceLastStart(events: readonly ContainerEvent[]): readonly ContainerEvent[] {
  return events.slice(events.findLastIndex(({ Action }) => Action === 'start') + 1);
}

function times(count: number): string {
  return count === 1 ? 'once' : `${count} times`;
}

function isTime(time: string | undefined): boolean {
  return time !== undefined && !time.startsWith('0001-');
}
