import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nextDelay, shouldRestart, startsWithDaemon, type EndedRun } from './restart-policy.ts';

const failed = { exitCode: 1, restartCount: 0, manuallyStopped: false };

test('always and unless-stopped start again unless a person stopped it', () => {
  for (const Name of ['always', 'unless-stopped'] as const) {
    assert.equal(shouldRestart({ Name, MaximumRetryCount: 0 }, { ...failed, exitCode: 0 }), true);
    assert.equal(shouldRestart({ Name, MaximumRetryCount: 0 }, { ...failed, manuallyStopped: true }), false);
  }
});

test('on-failure looks at the exit code and counts', () => {
  const policy = { Name: 'on-failure', MaximumRetryCount: 2 } as const;
  assert.equal(shouldRestart(policy, { ...failed, exitCode: 0 }), false);
  assert.equal(shouldRestart(policy, { ...failed, restartCount: 1 }), true);
  assert.equal(shouldRestart(policy, { ...failed, restartCount: 2 }), false);
  assert.equal(shouldRestart({ ...policy, MaximumRetryCount: 0 }, { ...failed, restartCount: 99 }), true);
  assert.equal(shouldRestart({ Name: 'no', MaximumRetryCount: 0 }, failed), false);
});

test('the delay doubles up to a minute and starts over after a good run', () => {
  const delays = [100];
  for (let i = 0; i < 11; i++) delays.push(nextDelay(delays.at(-1), 5));
  assert.deepEqual(delays.slice(0, 4), [100, 200, 400, 800]);
  assert.equal(delays.at(-1), 60_000);
  assert.equal(nextDelay(undefined, 0), 100);
  assert.equal(nextDelay(60_000, 10_000), 100);
});

test('a new daemon brings up always, unless-stopped unless it was stopped, on-failure what failed and has tries left', () => {
  const begins = (Name: 'always' | 'unless-stopped' | 'on-failure', run: Partial<EndedRun>, MaximumRetryCount = 0): boolean =>
    startsWithDaemon({ Name, MaximumRetryCount }, { exitCode: 137, restartCount: 0, manuallyStopped: false, ...run });
  assert.equal(begins('always', { manuallyStopped: true }), true);
  assert.equal(begins('unless-stopped', { manuallyStopped: true }), false);
  assert.equal(begins('unless-stopped', {}), true);
  assert.equal(begins('on-failure', {}), true);
  assert.equal(begins('on-failure', { exitCode: 0 }), false);
  assert.equal(begins('on-failure', { restartCount: 3 }, 3), false);
});
