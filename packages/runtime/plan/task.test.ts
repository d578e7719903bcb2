import assert from 'node:assert/strict';
import { constants } from 'node:os';
import { test } from 'node:test';
import { ShimFailure } from '#shim';
import type { TaskParts } from './process.ts';
import { PlanTask } from './task.ts';

const { ESRCH, ENOTTY, EINVAL, EPERM } = constants.errno;

/** A task whose shim refuses whatever it is asked. */
function refused(errno: number): PlanTask {
  const connection = { open: true, request: () => Promise.reject(new ShimFailure({ op: 0xffffffff, errno, detail: 0 })) };
  const events = { ending: () => new Promise(() => undefined) };
  return new PlanTask({ connection, events, record: { id: 'c1' }, pid: 77, state: 'running', seedPid: 0 } as unknown as TaskParts);
}

test('only a process that has gone is not found; what else the shim refuses is told', async () => {
  await assert.rejects(refused(ESRCH).kill(15), { kind: 'NotFound', message: 'process already finished' });
  await assert.rejects(refused(ENOTTY).resize(80, 25), { kind: 'NotFound' });
  await assert.rejects(refused(EINVAL).kill(99), { kind: 'Internal', message: 'process 77: invalid argument' });
  await assert.rejects(refused(EPERM).kill(15), { kind: 'Internal', message: 'process 77: operation not permitted' });
});
