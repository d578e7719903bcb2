import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ContainerStatus } from './port.ts';
import { can, type Verb, type Verdict } from './states.ts';

const statuses: ContainerStatus[] = ['created', 'running', 'paused', 'restarting', 'removing', 'exited', 'dead'];

/** Every cell, written a second time in another form: which statuses answer `yes` and which `already`; all others say no. */
const expected: Record<Verb, { yes: ContainerStatus[]; already: ContainerStatus[] }> = {
  'start': { yes: ['created', 'exited', 'restarting'], already: ['running'] },
  'stop': { yes: ['running', 'paused', 'restarting'], already: ['created', 'exited', 'dead', 'removing'] },
  'kill': { yes: ['running', 'paused'], already: ['restarting'] },
  'pause': { yes: ['running'], already: ['paused'] },
  'resume': { yes: ['paused'], already: ['running'] },
  'exec': { yes: ['running'], already: [] },
  'attach': { yes: ['created', 'running', 'exited'], already: [] },
  'resize': { yes: ['running', 'paused'], already: [] },
  'inspect-processes': { yes: ['running', 'paused'], already: [] },
  'update': { yes: ['created', 'running', 'paused', 'restarting', 'exited'], already: [] },
  'remove': { yes: ['created', 'exited', 'dead'], already: ['removing'] },
};

for (const [verb, { yes, already }] of Object.entries(expected) as [Verb, (typeof expected)[Verb]][]) {
  for (const status of statuses) {
    const verdict: Verdict = yes.includes(status) ? 'yes' : already.includes(status) ? 'already' : 'no';
    test(`${verb} of a ${status} container: ${verdict}`, () => assert.equal(can(verb, status), verdict));
  }
}
