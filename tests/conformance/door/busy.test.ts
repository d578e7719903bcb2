/** While ten pulls drip, a build runs and a container ignores its stop, everything else is answered. Nothing is timed here: `npm run bench -- latency` does. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { call } from '../../support/api.ts';
import { until } from '../../support/command.ts';
import { Daemon } from '../../support/daemon.ts';
import { importBusybox } from '../../support/images.ts';
import { SlowRegistry } from '../../support/slow-registry.ts';

/** What a build step waits for. */
class Gate implements Disposable {
  passed = false;
  readonly #server = createServer((_, response) => void response.writeHead(this.passed ? 200 : 503).end());

  static async open(): Promise<Gate> {
    const gate = new Gate();
    gate.#server.listen(0, '127.0.0.1');
    await once(gate.#server, 'listening');
    return gate;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  [Symbol.dispose](): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

test('a slow or stuck one never blocks another', { skip: process.getuid?.() === 0 ? false : 'narud needs root' }, async () => {
  await using registry = await SlowRegistry.start({ images: 10, size: 8 << 20, bytesPerSecond: 20_000 });
  await using daemon = await Daemon.start('--max-concurrent-downloads', '10');
  await importBusybox(daemon);
  await daemon.ok('docker', ['run', '-d', '--name', 'stubborn', 'busybox', 'sh', '-c', 'trap "" TERM; while :; do sleep 1; done']);
  await daemon.ok('docker', ['create', '--name', 'other', 'busybox', 'sleep', '100']);
  const finished: string[] = [];
  const note = (what: string) => (): void => void finished.push(what);
  const pulls = Array.from({ length: 10 }, (_, number) => call(daemon, 'POST', `/images/create?fromImage=${registry.address}/slow-${number}&tag=1`).finally(note(`pull ${number}`)));
  using gate = await Gate.open();
  const waiting = `FROM busybox\nRUN until wget -q -O /dev/null http://127.0.0.1:${gate.port}/; do sleep 0.2; done\n`;
  const build = daemon.ok('docker', ['build', '-q', '--network', 'host', '-'], { input: waiting }).finally(note('build'));
  const stop = call(daemon, 'POST', '/containers/stubborn/stop?t=600').finally(note('stop'));
  const events = request({ socketPath: daemon.host.slice('unix://'.length), path: '/events?filters={"container":["other"]}', agent: false }).end();
  const [heard] = (await once(events, 'response')) as [NodeJS.ReadableStream];
  await until('ten layers drip', async () => registry.dripping === 10);
  const during: string[] = [];
  for (let round = 0; round < 5; round++) {
    const told = once(heard, 'data');
    assert.equal((await call(daemon, 'GET', '/containers/json?all=1')).status, 200);
    assert.equal((await call(daemon, 'POST', '/containers/other/start')).status, 204);
    assert.equal((await call(daemon, 'GET', '/containers/other/json')).json().State.Running, true);
    assert.equal((await call(daemon, 'GET', '/containers/stubborn/json')).json().State.Running, true);
    assert.equal((await call(daemon, 'POST', '/containers/other/kill')).status, 204);
    await told;
    await call(daemon, 'POST', '/containers/other/wait');
    during.push(...finished);
  }
  assert.deepEqual(during, [], 'all of it was under way the whole time');
  gate.passed = true;
  registry.bytesPerSecond = 1 << 24;
  assert.equal((await call(daemon, 'POST', '/containers/stubborn/kill')).status, 204);
  assert.equal((await stop).status, 204);
  assert.match(await build, /^sha256:/);
  for (const pull of await Promise.all(pulls)) assert.match(JSON.stringify(pull.lines().at(-1)), /Downloaded newer image/);
  events.destroy();
});
