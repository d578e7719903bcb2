/** Who or what ended a container. The events tell who asked; without them the exit code alone speaks. */
import { causeAttribute, healthOnFailureLabel } from '#spec';
import { binarySize } from '../format/units.ts';
import { type ContainerEvent, type ContainerFacts, signalName } from './facts.ts';

const bySignal = 128;
const highestSignal = 64;

/** `events` are those since the last start. */
export function endReason(facts: ContainerFacts, events: readonly ContainerEvent[]): string {
  const { State, HostConfig } = facts;
  const { ExitCode: code } = State;
  if (State.OOMKilled) {
    const limit = HostConfig.Memory ? `its limit of ${binarySize(HostConfig.Memory)}` : 'the machine';
    return `It ran out of memory: the kernel killed it because it needed more than ${limit} allows.`;
  }
  if (events.some(({ Actor }) => Actor.Attributes?.[causeAttribute] === 'machine-down')) return 'The machine, or all that held the container, went down under it (255).';
  const policy = healthPolicyOf(facts);
  const byHealth = doneForHealth(events, policy).size > 0 ? `Its health check failed, and its label ${healthOnFailureLabel} says ${policy}` : undefined;
  const who = events.some(({ Actor }) => Actor.Attributes?.[causeAttribute] === 'daemon-stop') ? 'The daemon ended and took it along' : byHealth;
  return stopReason(who ?? 'Somebody stopped it', events, code) ?? killReason(byHealth, events, code) ?? exitReason(code);
}

/** What its label says is done with it when it is unhealthy. */
export function healthPolicyOf({ Config }: ContainerFacts): string {
  return Config?.Labels?.[healthOnFailureLabel] ?? 'none';
}

/** The events that followed from a failed health check: what is done begins at once after the verdict, with a signal. */
export function doneForHealth(events: readonly ContainerEvent[], policy: string): ReadonlySet<ContainerEvent> {
  const done = new Set<ContainerEvent>();
  if (policy === 'none') return done;
  let following = false;
  for (const [index, event] of events.entries()) {
    const before = events[index - 1]?.Action;
    if (event.Action === 'kill' && before === 'health_status: unhealthy') following = true;
    if (following) done.add(event);
    if (event.Action === 'restart' || (event.Action === 'start' && policy !== 'restart')) following = false;
  }
  return done;
}

function stopReason(who: string, events: readonly ContainerEvent[], code: number): string | undefined {
  if (!events.some(({ Action }) => Action === 'stop' || Action === 'restart')) return undefined;
  const signals = signalsIn(events);
  if (!signals.includes(9) || code !== bySignal + 9) return `${who}, and it ended ${code === 0 ? 'in good order' : code > bySignal ? `by ${signalName(code - bySignal)}` : `with its own exit code ${code}`}.`;
  const first = signals.find((signal) => signal !== 9);
  return first === undefined ? `${who}, and it was killed at once.` : `${who}: ${signalName(first)} did not end it within ${seconds(patienceIn(events))}, so it was killed.`;
}

function killReason(byHealth: string | undefined, events: readonly ContainerEvent[], code: number): string | undefined {
  if (code <= bySignal || !signalsIn(events).includes(code - bySignal)) return undefined;
  return byHealth === undefined ? `Somebody sent it ${signalName(code - bySignal)}, which ended it.` : `${byHealth}: it was sent ${signalName(code - bySignal)}.`;
}

function signalsIn(events: readonly ContainerEvent[]): number[] {
  return events.filter(({ Action }) => Action === 'kill').map(({ Actor }) => Number(Actor.Attributes?.['signal'] ?? 0));
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
