/** What a client says, and that it has nothing to say, reaches the process however early it comes. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { call } from '../../support/api.ts';
import { until } from '../../support/command.ts';
import { Daemon } from '../../support/daemon.ts';
import { hijack } from '../../support/hijack.ts';
import { busyboxTar } from '../../support/images.ts';

let daemon: Daemon;
before(async () => {
  daemon = await Daemon.start();
  await daemon.ok('docker', ['import', await busyboxTar(), 'busybox']);
});
after(async () => daemon?.[Symbol.asyncDispose]());

test('what a command says that is over at once reaches who ends his input at once', async () => {
  const { Id } = (await call(daemon, 'POST', '/containers/create', { Image: 'busybox', Cmd: ['sleep', '600'] })).json();
  await call(daemon, 'POST', `/containers/${Id}/start`);
  for (let round = 0; round < 60; round += 1) {
    const result = await daemon.run('docker', ['exec', '-i', Id, 'echo', `round ${round}`]);
    assert.equal(result.stdout, `round ${round}\n`, result.stderr);
  }
  await call(daemon, 'DELETE', `/containers/${Id}?force=1`);
});

const exited = async (id: string): Promise<boolean> => (await call(daemon, 'GET', `/containers/${id}/json`)).json().State.Status === 'exited';

test('an end of input right behind the upgrade ends the process\'s', async () => {
  for (let round = 0; round < 5; round += 1) {
    const { Id } = (await call(daemon, 'POST', '/containers/create', { Image: 'busybox', Cmd: ['cat'], OpenStdin: true, StdinOnce: true })).json();
    const stream = await hijack(daemon, `/containers/${Id}/attach?stream=1&stdin=1&stdout=1`);
    if (round % 2 === 1) stream.write(`round ${round}\n`);
    stream.end();
    assert.equal((await call(daemon, 'POST', `/containers/${Id}/start`)).status, 204);
    assert.deepEqual(await stream.frames(), round % 2 === 1 ? [[1, `round ${round}\n`]] : []);
    await until('it has ended', () => exited(Id));
    await call(daemon, 'DELETE', `/containers/${Id}`);
  }
});
