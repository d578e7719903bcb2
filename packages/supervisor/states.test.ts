import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ContainerStatus } from './port.ts';
import { can, type Verb, type Verdict } from './states.ts';

const statuses: ContainerStatus[] = ['created', 'running', 'paused', 'restarting', 'removing', 'exited', 'dead'];

/** Every cell, written a second time in another form: which statuses answer `yes` and which `already`; all others say no. */
const lasting: ContainerStatus[] = ['created', 'running', 'paused', 'restarting', 'exited'];
const expected: Record<Verb, { yes: ContainerStatus[]; already: ContainerStatus[] }> = {
  create: { yes: [], already: [] },
  start: { yes: ['created', 'exited'], already: ['running', 'restarting'] },
  kill: { yes: ['running', 'paused'], already: ['restarting'] },
  stop: { yes: ['running', 'paused', 'restarting'], already: ['created', 'exited', 'dead', 'removing'] },
  restart: { yes: lasting, already: [] },
  pause: { yes: ['running'], already: ['paused'] },
  unpause: { yes: ['paused'], already: ['running'] },
  exec: { yes: ['running'], already: [] },
  attach: { yes: ['created', 'running', 'exited'], already: [] },
  resize: { yes: ['running', 'paused'], already: [] },
  update: { yes: lasting, already: [] },
  rename: { yes: statuses, already: [] },
  commit: { yes: lasting, already: [] },
  remove: { yes: ['created', 'exited', 'dead'], already: ['removing'] },
  wait: { yes: ['running', 'paused', 'restarting', 'removing'], already: ['created', 'exited', 'dead'] },
  top: { yes: ['running', 'paused'], already: [] },
  stats: { yes: ['running', 'paused'], already: ['created', 'restarting', 'removing', 'exited', 'dead'] },
  checkpoint: { yes: ['running', 'paused'], already: [] },
  cp: { yes: lasting, already: [] },
  export: { yes: lasting, already: [] },
};

for (const [verb, { yes, already }] of Object.entries(expected) as [Verb, (typeof expected)[Verb]][]) {
  for (const status of statuses) {
    const verdict: Verdict = yes.includes(status) ? 'yes' : already.includes(status) ? 'already' : 'no';
    test(`${verb} of a ${status} container: ${verdict}`, () => assert.equal(can(verb, status), verdict));
  }
}
