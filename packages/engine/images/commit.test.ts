import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Internal } from '#base';
import { held } from './commit.ts';

type Held = Parameters<typeof held>[0];

/** A container whose status a test changes while it is held. */
function supervised(): { status: string; asked: string[]; engine: Held } {
  const container = { status: 'running', asked: [] as string[] };
  const supervisor = {
    state: () => ({ status: container.status }),
    pause: async () => void (container.asked.push('pause'), (container.status = 'paused')),
    resume: async () => {
      container.asked.push('resume');
      if (container.status !== 'paused') throw new Internal('Container c is not paused');
      container.status = 'running';
    },
  };
  const containers = { get: () => container, update: (_id: string, { heldForCommit }: { heldForCommit: boolean }) => container.asked.push(heldForCommit ? 'mark' : 'unmark') };
  return Object.assign(container, { engine: { supervisor, containers } as unknown as Held });
}

test('a container is paused while its files are read, and goes on', async () => {
  const container = supervised();
  assert.equal(await held(container.engine, 'c', true, async () => container.status), 'paused');
  assert.equal(container.status, 'running');
});

test('one that has ended meanwhile, or was let go on, is no failure of the commit', async () => {
  for (const status of ['exited', 'running']) {
    const container = supervised();
    assert.equal(await held(container.engine, 'c', true, async () => (container.status = status)), status);
    assert.equal(container.status, status);
  }
});

test('one that stays paused is told, and goes on also after a failure', async () => {
  const container = supervised();
  await assert.rejects(held(container.engine, 'c', true, async () => assert.fail('no room')), { message: 'no room' });
  assert.deepEqual(container.asked, ['mark', 'pause', 'resume', 'unmark']);
  const stuck = supervised();
  stuck.engine.supervisor.resume = async () => assert.fail('frozen');
  await assert.rejects(held(stuck.engine, 'c', true, async () => undefined), { message: 'frozen' });
});
