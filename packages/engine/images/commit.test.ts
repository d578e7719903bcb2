import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Conflict, Internal } from '#base';
import { held } from './commit.ts';

type Held = Parameters<typeof held>[0];

/** A container whose status a test changes while it is held. */
function supervised(): { status: string; asked: string[]; engine: Held } {
  const container = { status: 'running', asked: [] as string[] };
  const supervisor = {
    state: () => ({ status: container.status }),
    pause: async () => {
      container.asked.push('pause');
      await Promise.resolve();
      if (container.status === 'paused') throw new Conflict('Container c is already paused');
      container.status = 'paused';
    },
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

test('of two commits at once the one that holds it takes the mark away', async () => {
  const container = Object.assign(supervised(), { heldForCommit: false });
  container.engine.containers.update = (_id, { heldForCommit = false }) => Object.assign(container, { heldForCommit }) as never;
  const first = Promise.withResolvers<void>();
  const holding = held(container.engine, 'c', true, () => first.promise);
  await held(container.engine, 'c', true, async () => undefined);
  assert.deepEqual([container.status, container.heldForCommit], ['paused', true]);
  first.resolve();
  await holding;
  assert.deepEqual([container.status, container.heldForCommit], ['running', false]);
});
