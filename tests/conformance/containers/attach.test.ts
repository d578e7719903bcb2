/** What a client says, and that it has nothing to say, reaches the process however early it comes. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { connect } from 'node:net';
import { buffer } from 'node:stream/consumers';
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

test('stdin that was not made for one session stays open when who attached has nothing more to say', async () => {
  const { Id } = (await call(daemon, 'POST', '/containers/create', { Image: 'busybox', Cmd: ['cat'], OpenStdin: true })).json();
  assert.equal((await call(daemon, 'POST', `/containers/${Id}/start`)).status, 204);
  for (const line of ['first\n', 'second\n']) {
    const stream = await hijack(daemon, `/containers/${Id}/attach?stream=1&stdin=1`);
    stream.write(line);
    stream.end();
    assert.deepEqual(await stream.frames(), []);
  }
  await until('both came through', async () => (await daemon.ok('docker', ['logs', Id])) === 'first\nsecond');
  assert.equal(await exited(Id), false);
  await call(daemon, 'DELETE', `/containers/${Id}?force=1`);
});

test('what is wrong with an attachment is told as a line of its stream, not as JSON', async () => {
  const answer = await call(daemon, 'POST', '/containers/nobody/attach?stream=1');
  assert.deepEqual([answer.status, answer.headers['content-type'], answer.text], [404, 'application/vnd.docker.raw-stream', 'No such container: nobody\r\n']);
});

test('Upgrade alone, without Connection: Upgrade, is enough to take a connection over', async () => {
  const { Id } = (await call(daemon, 'POST', '/containers/create', { Image: 'busybox', Cmd: ['cat'], OpenStdin: true, StdinOnce: true })).json();
  assert.equal((await call(daemon, 'POST', `/containers/${Id}/start`)).status, 204);
  const socket = connect(daemon.host.replace('unix://', ''));
  socket.write(`POST /containers/${Id}/attach?stream=1&stdin=1&stdout=1 HTTP/1.1\r\nHost: naru\r\nUpgrade: tcp\r\n\r\n`);
  const [head] = (await once(socket, 'data')) as [Buffer];
  assert.match(head.toString(), /^HTTP\/1\.1 101 UPGRADED\r\n/);
  socket.end('through\n');
  const rest = await buffer(socket);
  assert.equal(rest.subarray(-8).toString(), 'through\n');
  await until('it has ended', () => exited(Id));
  await call(daemon, 'DELETE', `/containers/${Id}`);
});

test('who is shown what was written before, and does not read it, fills no memory; when he leaves, nothing of his stays', async () => {
  const { Id } = (await call(daemon, 'POST', '/containers/create', { Image: 'busybox', Cmd: ['sh', '-c', 'yes 0123456789012345678901234567890123456789 | head -c 6000000; echo; echo written; exec sleep 600'] })).json();
  await call(daemon, 'POST', `/containers/${Id}/start`);
  await until('all is written', async () => (await daemon.ok('docker', ['logs', '--tail', '1', Id])) === 'written');
  const { State } = (await call(daemon, 'GET', `/containers/${Id}/json`)).json();
  const shim = Number(/^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${State.Pid}/status`, 'utf8'))?.[1]);
  /** The daemon's own sockets are of spares, too, which come and go. */
  const held = (): string[] => [...descriptorsOf(daemon.pid).filter((link) => link.includes(Id)), ...descriptorsOf(shim).filter((link) => link.startsWith('socket:'))];
  const before = held().length;
  const socket = connect(daemon.host.replace('unix://', ''));
  socket.write(`POST /containers/${Id}/attach?stream=1&stdout=1&logs=1 HTTP/1.1\r\nHost: naru\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n`);
  await once(socket, 'readable'); // and that is all that is taken
  const logs = await call(daemon, 'GET', `/containers/${Id}/logs?stdout=1`); // the same file whole, in the time that this takes
  assert.ok(logs.text.length > 6_000_000);
  assert.notEqual(held().filter((link) => link.includes(Id)).length, 0, 'the log is being read still');
  socket.destroy();
  await until('nothing of his is left', async () => held().length === before);
  await call(daemon, 'DELETE', `/containers/${Id}?force=1`);
});

/** Where a process's descriptors lead. */
function descriptorsOf(pid: number): string[] {
  return readdirSync(`/proc/${pid}/fd`).map((fd) => {
    try {
      return readlinkSync(`/proc/${pid}/fd/${fd}`);
    } catch {
      return ''; // closed meanwhile
    }
  });
}
