import assert from 'node:assert/strict';
import { test } from 'node:test';
import { explain } from './explain.ts';
import type { ContainerEvent, ContainerFacts } from './facts.ts';

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
