/** Checkpoints by an experimental daemon, as far as they take no CRIU: what is asked for wrongly, in dockerd's words. CRIU itself works in cgroup2/. */
import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { call } from '../support/api.ts';
import { Daemon } from '../support/daemon.ts';
import { importBusybox } from '../support/images.ts';

suite('checkpoints', () => {
  let daemon: Daemon;
  let id = '';
  before(async () => {
    daemon = await Daemon.start('--experimental');
    await importBusybox(daemon);
    id = ((await call(daemon, 'POST', '/containers/create?name=box', { Image: 'busybox', Cmd: ['sleep', '1000'], HostConfig: { NetworkMode: 'none' } })).json() as { Id: string }).Id;
  });
  after(() => daemon?.[Symbol.asyncDispose]());

  async function answer(method: string, path: string, body?: object): Promise<[status: number, said: unknown]> {
    const { status, text } = await call(daemon, method, path, body).then((got) => ({ status: got.status, text: got.text }));
    const said = text === '' ? '' : (JSON.parse(text) as { message?: string } | null);
    return [status, (said && typeof said === 'object' && said.message) || said];
  }

  test('of a container that does not run', async () => {
    assert.deepEqual(await answer('GET', '/containers/box/checkpoints'), [200, null]);
    assert.deepEqual(await answer('POST', '/containers/box/checkpoints', { CheckpointID: 'one' }), [409, `container ${id} is not running`]);
    assert.deepEqual(await answer('DELETE', '/containers/box/checkpoints/one'), [500, 'checkpoint one does not exist for container box']);
    assert.deepEqual(await answer('POST', '/containers/box/start?checkpoint=one'), [500, 'checkpoint one does not exist for container box']);
    assert.deepEqual(await answer('POST', '/containers/box/start?checkpoint=one&checkpoint-dir=/x'), [403, 'custom checkpointdir is not supported']);
    assert.deepEqual(await answer('GET', '/containers/none/checkpoints'), [404, 'No such container: none']);
  });

  test('of one that runs', async () => {
    assert.deepEqual(await answer('POST', '/containers/box/start'), [204, '']);
    assert.deepEqual(await answer('POST', '/containers/box/checkpoints', { CheckpointID: '!' }), [500, 'Invalid checkpoint ID (!), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed']);
  });
});

test('a daemon that is not experimental starts none', async () => {
  await using daemon = await Daemon.start();
  const { status, text } = await call(daemon, 'POST', '/containers/none/start?checkpoint=one');
  assert.deepEqual([status, (JSON.parse(text) as { message: string }).message], [400, 'checkpoint is only supported in experimental mode']);
});
