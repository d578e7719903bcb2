import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chainLines } from './chain.ts';
import { explain } from './explain.ts';
import type { ContainerEvent, ContainerFacts } from './facts.ts';
import { factsOfRemoved } from './removed.ts';

const start = Date.parse('2026-01-01T00:00:00Z');

function facts(state: Partial<ContainerFacts['State']>, more: Partial<ContainerFacts> = {}): ContainerFacts {
  return {
    Id: 'f'.repeat(64), Name: '/web', Created: '2026-01-01T00:00:00Z', HostConfig: {},
    State: { Status: 'exited', ExitCode: 0, Error: '', StartedAt: '2026-01-01T00:00:01Z', FinishedAt: '2026-01-01T00:00:10Z', ...state },
    ...more,
  };
}

function event(second: number, Action: string, Attributes: Record<string, string> = {}): ContainerEvent {
  return { Action, time: start / 1000 + second, Actor: { Attributes } };
}

const now = start + 70_000;
const begun = [event(0, 'create', { image: 'busybox' }), event(1, 'start')];

test('one that ended well', () => {
  const { summary, reasons, events } = explain(facts({}), [...begun, event(10, 'die', { exitCode: '0' })], now);
  assert.equal(summary, 'web ended about a minute ago with exit code 0.');
  assert.deepEqual(reasons, ['Its process came to its end and reported success: there was nothing more to do.', 'Its restart policy is "no": the engine does not start it again.']);
  assert.deepEqual(events.map(({ time, what }) => `${time} ${what}`), ['2026-01-01T00:00:00Z created from busybox', '2026-01-01T00:00:01Z started', '2026-01-01T00:00:10Z ended with exit code 0']);
});

test('one that was stopped and did not listen', () => {
  const events = [...begun, event(5, 'kill', { signal: '15' }), event(15, 'kill', { signal: '9' }), event(15, 'die', { exitCode: '137' }), event(15, 'stop')];
  const { reasons } = explain(facts({ ExitCode: 137 }, { HostConfig: { RestartPolicy: { Name: 'always' } } }), events, now);
  assert.deepEqual(reasons, ['Somebody stopped it: SIGTERM did not end it within 10 seconds, so it was killed.', 'Its restart policy "always" does not start again what somebody ended.']);
});

test('one that the kernel killed', () => {
  const { reasons } = explain(facts({ ExitCode: 137, OOMKilled: true }, { HostConfig: { Memory: 64 << 20 } }), begun, now);
  assert.equal(reasons[0], 'It ran out of memory: the kernel killed it because it needed more than its limit of 64MiB allows.');
});

test('crashes, foreign signals, failures of its own', () => {
  const reason = (ExitCode: number): string | undefined => explain(facts({ ExitCode }), begun, now).reasons[0];
  assert.equal(reason(139), 'Its process was ended by SIGSEGV: the program crashed.');
  assert.equal(reason(143), 'Its process was ended by SIGTERM, which the engine did not send: it came from inside, or from the host.');
  assert.equal(reason(3), 'Its process ended by itself with exit code 3, which is its own way to report a failure: its logs may tell more.');
  assert.equal(reason(127), 'Its command was not found (127).');
});

test('one that was never started, or could not be', () => {
  assert.deepEqual(explain(facts({ Status: 'created' }), [], now).reasons, ['Nobody has started it yet.']);
  assert.deepEqual(explain(facts({ Status: 'created', ExitCode: 127, Error: 'no such file or directory' }), [], now).reasons, ['It could not be started: no such file or directory.']);
});

test('policies and health', () => {
  const restarting = explain(facts({ Status: 'restarting', ExitCode: 1 }, { RestartCount: 3, HostConfig: { RestartPolicy: { Name: 'always' } } }), begun, now);
  assert.equal(restarting.reasons[1], 'Its restart policy "always" starts it again after a pause that doubles each time; it was started again 3 times so far.');
  const failing = explain(facts({ Status: 'running', Health: { Status: 'unhealthy', FailingStreak: 4, Log: [{ ExitCode: 1, Output: 'refused\nmore' }] } }, { RestartCount: 1 }), begun, now);
  assert.deepEqual(failing.reasons, ['It ended once before, and its restart policy started it again each time.', 'Its health check has failed 4 times in a row; the last check said: refused.']);
  const exhausted = explain(facts({ ExitCode: 1 }, { RestartCount: 2, HostConfig: { RestartPolicy: { Name: 'on-failure', MaximumRetryCount: 2 } } }), begun, now);
  assert.equal(exhausted.reasons[1], 'Its restart policy "on-failure" has tried 2 times, as often as it may.');
});

test('ends that nobody asked for: the daemon, the machine, a failed health check', () => {
  const ended = (events: readonly ContainerEvent[], ExitCode: number, Labels: Record<string, string> = {}): ReturnType<typeof explain> => explain(facts({ ExitCode }, { Config: { Labels } }), [...begun, ...events], now);
  const byDaemon = ended([event(5, 'kill', { signal: '15' }), event(5, 'die', { exitCode: '0' }), event(5, 'stop', { 'naru.cause': 'daemon-stop' })], 0);
  assert.equal(byDaemon.reasons[0], 'The daemon ended and took it along, and it ended in good order.');
  assert.equal(byDaemon.events.at(-1)?.what, 'stopped, as the daemon ended');
  assert.equal(ended([event(5, 'die', { 'exitCode': '255', 'naru.cause': 'machine-down' })], 255).reasons[0], 'The machine, or all that held the container, went down under it (255).');
  const unhealthy = [event(4, 'health_status: unhealthy'), event(4, 'kill', { signal: '9' }), event(4, 'die', { exitCode: '137' })];
  assert.equal(ended(unhealthy, 137, { 'naru.health-on-failure': 'kill' }).reasons[0], 'Its health check failed, and its label naru.health-on-failure says kill: it was sent SIGKILL.');
  assert.equal(ended(unhealthy, 137).reasons[0], 'Somebody sent it SIGKILL, which ended it.');
});

test('one that runs again: after the daemon, after its health check', () => {
  const again = (events: readonly ContainerEvent[], Labels: Record<string, string> = {}): readonly string[] => explain(facts({ Status: 'running' }, { Config: { Labels } }), [...begun, ...events], now).reasons;
  assert.deepEqual(again([event(5, 'die', { 'exitCode': '255', 'naru.cause': 'machine-down' }), event(9, 'start')]), ['The machine went down under it; its restart policy started it again with the daemon.']);
  const restarted = [event(4, 'health_status: unhealthy'), event(4, 'kill', { signal: '15' }), event(5, 'die', { exitCode: '0' }), event(5, 'stop'), event(5, 'start'), event(5, 'restart')];
  assert.deepEqual(again(restarted, { 'naru.health-on-failure': 'restart' }), ['It was restarted because its health check failed: its label naru.health-on-failure says so.']);
  assert.deepEqual(again(restarted), []);
});

test('a start that failed, without the names of those who passed it on', () => {
  const runc = 'OCI runtime create failed: runc create failed: unable to start container process: ';
  const failed = (Error: string, ExitCode: number, Status = 'created'): readonly string[] => explain(facts({ Status, ExitCode, Error }), begun, now).reasons;
  assert.deepEqual(failed(`${runc}exec: "x": executable file not found in $PATH: unknown`, 127), ['It could not be started: its command was not found: exec: "x": executable file not found in $PATH.']);
  assert.deepEqual(failed(`${runc}exec: "/etc": is a directory: unknown: permission denied`, 126), ['It could not be started: its command cannot be executed: exec: "/etc": is a directory: permission denied.']);
  assert.match(failed('Bind for 0.0.0.0:80 failed: port is already allocated', 128)[0] ?? '', /^It could not be started: a port that it publishes is taken: Bind/);
  assert.deepEqual(failed('No such container: x', 3, 'exited').slice(0, 2), ['It could not be started again: No such container: x.', 'Before that: Its process ended by itself with exit code 3, which is its own way to report a failure: its logs may tell more.']);
});

test('whose network it shares, and what is being removed', () => {
  const sharing = (status?: string): readonly string[] => explain(facts({ Status: 'running' }, { networkOwner: { name: 'db', ...(status && { status }) } }), begun, now).reasons;
  assert.deepEqual(sharing('running'), []);
  assert.deepEqual(sharing('exited'), ['It shares the network of container db, which is exited: it has no network until both are started again.']);
  assert.deepEqual(sharing(), ['It shares the network of container db, which is gone: it has no network any more.']);
  assert.deepEqual(explain(facts({ Status: 'dead' }), begun, now).reasons, ['Its removal has failed half way: what is left of it goes when it is removed again.']);
});

test('one that is gone is known by its events', () => {
  const of = (second: number, action: string, attributes: Record<string, string> = {}): ContainerEvent => ({ ...event(second, action, { name: 'web', ...attributes }), Actor: { ID: 'f', Attributes: { name: 'web', ...attributes } } });
  const events = [of(0, 'create', { image: 'x' }), of(1, 'start'), of(2, 'die', { exitCode: '9' }), of(10, 'destroy')];
  const removed = factsOfRemoved(events);
  assert.ok(removed);
  const { summary, state, reasons } = explain(removed, events, now);
  assert.deepEqual([summary, state, reasons.length], ['web is gone: it was removed about a minute ago.', 'removed', 1]);
  assert.match(reasons[0] ?? '', /^Its process ended by itself with exit code 9/);
  assert.equal(factsOfRemoved(events.slice(0, 3)), undefined);
});

test('what repeats itself is told once, counted, and told for the last time', () => {
  const link = (second: number, what: string) => ({ time: String(second), what });
  const loop = Array.from({ length: 5 }, (_, turn) => [link(2 * turn, 'started'), link(2 * turn + 1, 'ended')]).flat();
  assert.deepEqual(chainLines([link(0, 'created'), ...loop, link(99, 'paused')]), ['0  created', '0  started', '1  ended', '… the same 3 times more …', '8  started', '9  ended', '99  paused']);
  assert.equal(chainLines(loop.slice(0, 6)).length, 6);
});
