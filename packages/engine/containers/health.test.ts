import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Internal } from '#base';
import { exampleConfig, exampleRecord } from '../fakes.ts';
import { HealthMonitor } from './health.ts';

test('a start period ends also where the clock was set back by an hour amid it', async (t) => {
  const begun = Date.now();
  const unhealthy = Promise.withResolvers<void>();
  const record = exampleRecord({
    config: { ...exampleConfig(), Healthcheck: { Test: ['CMD', 'false'], Interval: 1e6, StartPeriod: 20e6, StartInterval: 1e6, Retries: 1 } },
  });
  const engine = {
    supervisor: {
      state: () => ({ status: 'running', startedAt: begun }),
      exec: async () => {
        throw new Internal('no');
      },
    },
    events: { publish: () => undefined },
    containers: { get: () => record, healthOf: () => undefined, saveHealth: () => undefined },
    lives: { of: () => ({ onUnhealthy: unhealthy.resolve }) },
    log: () => undefined,
  } as unknown as Parameters<typeof HealthMonitor.start>[0];
  const monitor = HealthMonitor.start(engine, record, 'new');
  t.mock.method(Date, 'now', () => begun - 3_600_000);
  const patience = setTimeout(() => unhealthy.reject(new Error(`still ${monitor?.state.Status}`)), 10_000);
  try {
    await unhealthy.promise;
  } finally {
    clearTimeout(patience);
    monitor?.stop();
  }
  assert.equal(monitor?.state.FailingStreak, 1);
});
