import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ContainerState } from '#supervisor';
import { humanDuration, statusText } from './status-text.ts';

const now = 1_700_000_000_000;
const state = (change: Partial<ContainerState>): ContainerState => ({
  id: 'a', status: 'created', pid: 0, startedAt: undefined, finishedAt: undefined, exit: undefined, error: '', endpoints: [], ...change,
});

test('the words of docker ps', () => {
  const exit = { code: 3, signal: undefined, oomKilled: false, at: now };
  assert.equal(statusText(state({}), undefined, now), 'Created');
  assert.equal(statusText(state({ status: 'running', startedAt: now - 300_000 }), undefined, now), 'Up 5 minutes');
  assert.equal(statusText(state({ status: 'paused', startedAt: now - 65_000 }), undefined, now), 'Up About a minute (Paused)');
  assert.equal(statusText(state({ status: 'exited', exit, finishedAt: now - 500 }), undefined, now), 'Exited (3) Less than a second ago');
  assert.equal(statusText(state({ status: 'restarting', exit, finishedAt: now - 2000 }), undefined, now), 'Restarting (3) 2 seconds ago');
  const running = state({ status: 'running', startedAt: now - 1000 });
  assert.equal(statusText(running, { Status: 'starting', FailingStreak: 0, Log: [] }, now), 'Up 1 second (health: starting)');
  assert.equal(statusText(running, { Status: 'unhealthy', FailingStreak: 3, Log: [] }, now), 'Up 1 second (unhealthy)');
});

test('durations are rounded as Docker rounds them', () => {
  const hour = 3_600_000;
  const cases: [number, string][] = [
    [999, 'Less than a second'], [59_000, '59 seconds'], [119_000, 'About a minute'], [120_000, '2 minutes'], [3_599_000, '59 minutes'],
    [hour, 'About an hour'], [1.4 * hour, 'About an hour'], [1.5 * hour, '2 hours'], [47 * hour, '47 hours'], [48 * hour, '2 days'],
    [14 * 24 * hour, '2 weeks'], [60 * 24 * hour, '2 months'], [800 * 24 * hour, '2 years'],
  ];
  for (const [milliseconds, text] of cases) assert.equal(humanDuration(milliseconds), text);
});
