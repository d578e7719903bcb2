/** Containers over the Engine API, on a real daemon: life cycles, taken-over connections, policies, kill -9. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { call, errorOf } from '../support/api.ts';
import { until } from '../support/command.ts';
import { Daemon } from '../support/daemon.ts';
import { hijack } from '../support/hijack.ts';
import { busyboxTar } from '../support/images.ts';

interface State {
  readonly Status: string;
  readonly Pid: number;
  readonly ExitCode: number;
  readonly OOMKilled: boolean;
  readonly Health?: { Status: string; FailingStreak: number; Log: { ExitCode: number; Output: string }[] };
}

let daemon: Daemon;
before(async () => {
  daemon = await Daemon.start();
  await call(daemon, 'POST', '/images/create?fromSrc=-&repo=busybox', readFileSync(await busyboxTar()));
});
after(async () => daemon?.[Symbol.asyncDispose]());

/** `config` over busybox; gives the id. */
async function create(config: object, name = ''): Promise<string> {
  const answer = await call(daemon, 'POST', `/containers/create?name=${name}`, { Image: 'busybox', ...config });
  assert.equal(answer.status, 201, answer.text);
  return answer.json().Id;
}

async function start(id: string): Promise<void> {
  const answer = await call(daemon, 'POST', `/containers/${id}/start`);
  assert.equal(answer.status, 204, answer.text);
}

async function runDetached(script: string, config: object = {}, name = ''): Promise<string> {
  const id = await create({ Cmd: ['sh', '-c', script], ...config }, name);
  await start(id);
  return id;
}

async function inspect(id: string) {
  return (await call(daemon, 'GET', `/containers/${id}/json`)).json();
}

async function state(id: string): Promise<State> {
  return (await inspect(id)).State;
}

async function remove(...ids: string[]): Promise<void> {
  for (const id of ids) assert.equal((await call(daemon, 'DELETE', `/containers/${id}?force=1&v=1`)).status, 204);
}

const wait = async (id: string, condition = ''): Promise<number> => (await call(daemon, 'POST', `/containers/${id}/wait?condition=${condition}`)).json().StatusCode;

describe('a life', () => {
  test('create, start, wait, logs, remove; every request in the wrong state has its answer', async () => {
    const id = await create({ Cmd: ['sh', '-c', 'echo out; echo err >&2; exit 3'] }, 'life');
    assert.equal((await state(id)).Status, 'created');
    assert.equal((await call(daemon, 'POST', '/containers/life/stop')).status, 304);
    assert.match(errorOf(await call(daemon, 'POST', '/containers/life/kill'), 409), /^cannot kill container: life: container [0-9a-f]{64} is not running$/);
    const ended = wait(id, 'next-exit');
    await start(id);
    assert.equal(await ended, 3);
    assert.equal(await wait(id), 3);
    const logs = await call(daemon, 'GET', `/containers/${id}/logs?stdout=1&stderr=1`);
    assert.equal(logs.headers['content-type'], 'application/vnd.docker.multiplexed-stream');
    assert.deepEqual(logs.text.replaceAll('\0', '').split('\n').toSorted(), ['', '\u0001\u0004out', '\u0002\u0004err']);
    assert.match(errorOf(await call(daemon, 'POST', '/containers/create?name=life', { Image: 'busybox', Cmd: ['true'] }), 409), /name "\/life" is already in use/);
    const removed = wait(id, 'removed');
    await remove(id);
    assert.equal(await removed, 3);
    assert.equal(errorOf(await call(daemon, 'GET', '/containers/life/json'), 404), 'No such container: life');
  });

  test('stop is patient, then kills; what runs cannot be started or removed', async () => {
    const id = await runDetached('trap "" TERM; while :; do sleep 0.1; done', {}, 'stubborn');
    assert.equal((await call(daemon, 'POST', '/containers/stubborn/start')).status, 304);
    assert.equal(
      errorOf(await call(daemon, 'DELETE', '/containers/stubborn'), 409),
      'cannot remove container "/stubborn": container is running: stop the container before removing or force remove',
    );
    const begun = Date.now();
    assert.equal((await call(daemon, 'POST', '/containers/stubborn/stop?t=1')).status, 204);
    assert.ok(Date.now() - begun >= 1000);
    assert.equal((await state(id)).ExitCode, 137);
    await remove(id);
  });

  test('pause freezes it, a signal that ends it thaws it', async () => {
    const id = await runDetached('sleep 100');
    assert.equal((await call(daemon, 'POST', `/containers/${id}/pause`)).status, 204);
    assert.equal((await state(id)).Status, 'paused');
    assert.match(errorOf(await call(daemon, 'POST', `/containers/${id}/exec`, { Cmd: ['true'] }), 409), /is paused, unpause the container before exec/);
    assert.equal((await call(daemon, 'POST', `/containers/${id}/kill`)).status, 204);
    assert.equal(await wait(id), 137);
    assert.equal(errorOf(await call(daemon, 'POST', `/containers/${id}/unpause`), 500), `Container ${id} is not paused`);
    await remove(id);
  });

  test('a command that is not there: the words clients look for, and nothing left running', async () => {
    const id = await create({ Cmd: ['nosuch'] });
    assert.match(errorOf(await call(daemon, 'POST', `/containers/${id}/start`), 400), /exec: "nosuch": executable file not found in \$PATH/);
    const { Status, ExitCode, Pid } = await state(id);
    assert.deepEqual([Status, ExitCode, Pid], ['created', 127, 0]);
    assert.deepEqual((await inspect(id)).NetworkSettings.Networks.bridge.IPAddress, '');
    await remove(id);
  });

  test('--rm: gone with its anonymous volumes when it ends, and when it cannot start', async () => {
    const id = await create({ Cmd: ['true'], Volumes: { '/data': {} }, HostConfig: { AutoRemove: true } });
    const [volume] = (await inspect(id)).Mounts;
    const removed = wait(id, 'removed');
    await start(id);
    assert.equal(await removed, 0);
    assert.equal((await call(daemon, 'GET', `/volumes/${volume.Name}`)).status, 404);
    const broken = await create({ Cmd: ['nosuch'], HostConfig: { AutoRemove: true } });
    const gone = wait(broken, 'removed');
    errorOf(await call(daemon, 'POST', `/containers/${broken}/start`), 400);
    assert.equal(await gone, 127);
  });

  test('a memory hog is killed for it, and says so', async () => {
    const id = await runDetached('tail /dev/zero', { HostConfig: { Memory: 16 << 20 } });
    assert.equal(await wait(id), 137);
    assert.equal((await state(id)).OOMKilled, true);
    await remove(id);
  });

  test('limits change under a running container', async () => {
    const id = await runDetached('sleep 100', { HostConfig: { Memory: 64 << 20, PidsLimit: 100 } });
    const answer = await call(daemon, 'POST', `/containers/${id}/update`, { Memory: 32 << 20, MemorySwap: 64 << 20, RestartPolicy: { Name: 'always' } });
    assert.deepEqual([answer.status, answer.json()], [200, { Warnings: null }]);
    const { HostConfig } = await inspect(id);
    assert.deepEqual([HostConfig.Memory, HostConfig.RestartPolicy.Name, HostConfig.PidsLimit], [32 << 20, 'always', 100]);
    assert.equal((await call(daemon, 'GET', `/containers/${id}/stats?stream=0&one-shot=1`)).json().memory_stats.limit, 32 << 20);
    assert.match(errorOf(await call(daemon, 'POST', `/containers/${id}/update`, { Memory: 1 }), 400), /Minimum memory limit allowed is 6MB/);
    await remove(id);
  });

  test('rename: the old name is free, the new one found', async () => {
    const id = await create({ Cmd: ['true'] }, 'before');
    assert.equal((await call(daemon, 'POST', '/containers/before/rename?name=afterwards')).status, 204);
    assert.equal((await inspect('afterwards')).Id, id);
    assert.match(errorOf(await call(daemon, 'POST', '/containers/afterwards/rename?name=afterwards'), 400), /same name as its current name/);
    await remove(await create({ Cmd: ['true'] }, 'before'), id);
  });
});

describe('taken-over connections', () => {
  test('attached before the start: all output, then the end; the half-close reaches the process', async () => {
    const id = await create({ Cmd: ['sh', '-c', 'cat; echo done >&2'], OpenStdin: true, StdinOnce: true });
    const stream = await hijack(daemon, `/containers/${id}/attach?stream=1&stdin=1&stdout=1&stderr=1`);
    assert.match(stream.head, /^HTTP\/1\.1 101 UPGRADED\r\nContent-Type: application\/vnd\.docker\.multiplexed-stream\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n/);
    await start(id);
    stream.write('hello\n');
    stream.end();
    assert.deepEqual((await stream.frames()).toSorted(([a], [b]) => a - b), [[1, 'hello\n'], [2, 'done\n']]);
    assert.equal(await wait(id), 0);
    await remove(id);
  });

  test('when an attachment has ended because its container did, the exit code is there to read', async () => {
    const id = await create({ Cmd: ['sh', '-c', 'echo x; exit 3'] });
    const stream = await hijack(daemon, `/containers/${id}/attach?stream=1&stdout=1`);
    await start(id);
    assert.deepEqual(await stream.frames(), [[1, 'x\n']]);
    const { Status, ExitCode } = await state(id);
    assert.deepEqual([Status, ExitCode], ['exited', 3]);
    await remove(id);
  });

  test('without Upgrade the same connection goes on raw', async () => {
    const id = await runDetached('read x; echo "got $x"', { OpenStdin: true });
    const stream = await hijack(daemon, `/containers/${id}/attach?stream=1&stdin=1&stdout=1&stderr=1`, { upgrade: false });
    assert.match(stream.head, /^HTTP\/1\.1 200 OK\r\nContent-Type: application\/vnd\.docker\.raw-stream\r\n/);
    stream.write('it\n');
    assert.deepEqual(await stream.frames(), [[1, 'got it\n']]);
    await remove(id);
  });

  test('a terminal: raw bytes, its size, the detach keys seen by the daemon', async () => {
    const id = await runDetached('stty size; read x; stty size; read y', { Tty: true, OpenStdin: true });
    const stream = await hijack(daemon, `/containers/${id}/attach?logs=1&stream=1&stdin=1&stdout=1&detachKeys=ctrl-a,d`);
    assert.match(stream.head, /Content-Type: application\/vnd\.docker\.raw-stream\r\n/);
    assert.equal((await call(daemon, 'POST', `/containers/${id}/resize?h=40&w=100`)).status, 200);
    stream.write('\n');
    await until('the new size', async () => stream.text().includes('40 100'));
    stream.write('\u0001d');
    await stream.closed;
    assert.equal((await state(id)).Status, 'running');
    await remove(id);
  });

  test('exec: its own stdio and exit code, told again afterwards; a missing command is told on the stream', async () => {
    const id = await runDetached('sleep 100', { Env: ['A=1'], WorkingDir: '/tmp' });
    const exec = async (body: object) => (await call(daemon, 'POST', `/containers/${id}/exec`, { AttachStdout: true, AttachStderr: true, ...body })).json().Id as string;
    const first = await exec({ Cmd: ['sh', '-c', 'cat; pwd; echo $A$B; exit 4'], AttachStdin: true, Env: ['B=2'] });
    const stream = await hijack(daemon, `/exec/${first}/start`, { body: { Detach: false, Tty: false } });
    stream.write('in\n');
    stream.end();
    assert.equal((await stream.frames()).map(([, text]) => text).join(''), 'in\n/tmp\n12\n');
    const told = (await call(daemon, 'GET', `/exec/${first}/json`)).json();
    assert.deepEqual([told.Running, told.ExitCode, told.ContainerID], [false, 4, id]);
    assert.match(errorOf(await call(daemon, 'POST', `/exec/${first}/start`, { Detach: true }), 409), /has already run/);
    const again = await (await hijack(daemon, `/exec/${first}/start`, { body: {} })).frames();
    assert.deepEqual(again.map(([stream_, text]) => [stream_, text]), [[1, `Error: Exec command ${first} has already run\r\n`]]);
    const missing = await exec({ Cmd: ['nosuch'] });
    assert.deepEqual((await (await hijack(daemon, `/exec/${missing}/start`, { body: {} })).frames()).map(([stream_]) => stream_), [1]);
    assert.equal((await call(daemon, 'GET', `/exec/${missing}/json`)).json().ExitCode, 127);
    const detached = await exec({ Cmd: ['sh', '-c', 'head -c 300000 /dev/zero; echo x > /tmp/done'] });
    assert.equal((await call(daemon, 'POST', `/exec/${detached}/start`, { Detach: true })).status, 200);
    await until('the detached exec ends', async () => (await call(daemon, 'GET', `/exec/${detached}/json`)).json().ExitCode === 0);
    assert.equal(errorOf(await call(daemon, 'GET', '/exec/nope/json'), 404), 'No such exec instance: nope');
    await remove(id);
  });

  test('a client that vanishes leaves the container and the daemon as they were', async () => {
    const id = await runDetached('while :; do echo x; done', { HostConfig: { LogConfig: { Type: 'none', Config: {} } } });
    for (let i = 0; i < 5; i++) (await hijack(daemon, `/containers/${id}/attach?stream=1&stdout=1`)).destroy();
    assert.equal((await state(id)).Status, 'running');
    assert.equal((await call(daemon, 'GET', '/_ping')).text, 'OK');
    await remove(id);
  });
});

describe('policies', () => {
  test('on-failure starts it again so often, waits ever longer, and whoever waits is told of each end', async () => {
    const id = await create({ Cmd: ['sh', '-c', 'exit 5'], HostConfig: { RestartPolicy: { Name: 'on-failure', MaximumRetryCount: 2 } } });
    const ended = wait(id, 'next-exit');
    const begun = Date.now();
    await start(id);
    assert.equal(await ended, 5);
    await until('the last try has ended', async () => (await state(id)).Status === 'exited' && (await inspect(id)).RestartCount === 2);
    assert.ok(Date.now() - begun >= 300, 'two delays of 100 and 200 ms');
    await remove(id);
  });

  test('always comes back after its end and not after a stop', async () => {
    const id = await runDetached('sleep 0.2', { HostConfig: { RestartPolicy: { Name: 'always' } } });
    await until('it restarts', async () => (await inspect(id)).RestartCount >= 2);
    await call(daemon, 'POST', `/containers/${id}/stop`);
    const count = (await inspect(id)).RestartCount;
    await sleep(1000);
    assert.deepEqual([(await state(id)).Status, (await inspect(id)).RestartCount], ['exited', count]);
    await remove(id);
  });

  test('restart by hand ends the run that somebody waits for', async () => {
    const id = await runDetached('sleep 100', { HostConfig: { RestartPolicy: { Name: 'always' } } });
    let code: number | undefined;
    const ended = wait(id).then((its) => (code = its));
    // Nothing tells that the wait has arrived: whenever it does, the next restart ends it.
    await until('the wait is answered', async () => {
      assert.equal((await call(daemon, 'POST', `/containers/${id}/restart?t=0`)).status, 204);
      return code !== undefined;
    });
    assert.equal(await ended, 137);
    assert.equal((await state(id)).Status, 'running');
    await remove(id);
  });

  test('health: starting, healthy, unhealthy, with the probes kept', async () => {
    const second = 1e9;
    const Healthcheck = { Test: ['CMD-SHELL', 'echo probed; test -e /tmp/ok'], Interval: second / 10, Retries: 2 };
    const id = await runDetached('touch /tmp/ok; sleep 100', { Healthcheck });
    await until('healthy', async () => (await state(id)).Health?.Status === 'healthy');
    const list = (await call(daemon, 'GET', `/containers/json?filters={"health":["healthy"]}`)).json();
    assert.deepEqual(list.map((summary: { Id: string }) => summary.Id), [id]);
    await call(daemon, 'POST', `/exec/${(await call(daemon, 'POST', `/containers/${id}/exec`, { Cmd: ['rm', '/tmp/ok'] })).json().Id}/start`, { Detach: true });
    await until('unhealthy', async () => (await state(id)).Health?.Status === 'unhealthy');
    const health = (await state(id)).Health;
    assert.ok((health?.FailingStreak ?? 0) >= 2);
    assert.deepEqual([health?.Log.at(-1)?.ExitCode, health?.Log.at(-1)?.Output], [1, 'probed\n']);
    await remove(id);
  });
});

describe('side by side', () => {
  test('a container that ignores its end does not hold up the others', async () => {
    const stubborn = await runDetached('trap "" TERM; while :; do sleep 0.1; done');
    let stopped = false;
    const stopping = call(daemon, 'POST', `/containers/${stubborn}/stop?t=600`).finally(() => (stopped = true));
    for (let i = 0; i < 20; i++) {
      assert.equal((await state(stubborn)).Status, 'running');
      assert.equal((await call(daemon, 'GET', '/containers/json?all=1')).status, 200);
    }
    const other = await runDetached('true');
    assert.equal(await wait(other), 0);
    assert.equal(stopped, false);
    await call(daemon, 'POST', `/containers/${stubborn}/kill`);
    assert.equal((await stopping).status, 204);
    await remove(stubborn, other);
  });

  test('eight at a time, forty in all, nothing left', async () => {
    const one = async (): Promise<void> => {
      const id = await create({ Cmd: ['true'], HostConfig: { AutoRemove: true } });
      const removed = wait(id, 'removed');
      await start(id);
      assert.equal(await removed, 0);
    };
    await Promise.all(Array.from({ length: 8 }, async () => {
      for (let i = 0; i < 5; i++) await one();
    }));
    assert.deepEqual((await call(daemon, 'GET', '/containers/json?all=1')).json(), []);
  });

  test('namespaces are joined by container; one that does not run is refused', async () => {
    const owner = await runDetached('hostname > /etc/mark; sleep 100', { Hostname: 'owner', Domainname: 'of.it' }, 'owner');
    const guest = await create({ Cmd: ['sh', '-c', 'ip -o addr show eth0 | wc -l; ps | grep -c "sleep 100"; cat /etc/hostname; hostname; echo $HOSTNAME'], HostConfig: { NetworkMode: 'container:owner', PidMode: 'container:owner' } });
    const names = async (): Promise<string[]> => {
      const { Config } = (await call(daemon, 'GET', `/containers/${guest}/json`)).json();
      return [Config.Hostname, Config.Domainname];
    };
    assert.deepEqual(await names(), [guest.slice(0, 12), '']);
    const stream = await hijack(daemon, `/containers/${guest}/attach?stream=1&stdout=1&stderr=1`);
    await start(guest);
    assert.match((await stream.frames()).map(([, text]) => text).join(''), /^1\n[1-9]\nowner\nowner\nowner\n$/);
    await wait(guest);
    assert.deepEqual(await names(), ['owner', 'of.it']);
    await call(daemon, 'POST', '/containers/owner/kill');
    await wait(owner);
    assert.equal(errorOf(await call(daemon, 'POST', `/containers/${guest}/start`), 409), `cannot join network of a non running container: ${owner}`);
    await remove(owner, guest);
  });
});

describe('kill -9 of the daemon', () => {
  test('a container that was paused for a commit goes on; one that a person paused stays so', async () => {
    const status = async (id: string): Promise<string> => (await call(daemon, 'GET', `/containers/${id}/json`)).json().State.Status;
    const busy = await runDetached('dd if=/dev/urandom of=/large bs=1M count=150 2>/dev/null; touch /written; sleep 1000', {}, 'busy');
    const still = await runDetached('sleep 1000', {}, 'still');
    await call(daemon, 'POST', `/containers/${still}/pause`);
    await until('it has written', async () => (await call(daemon, 'HEAD', `/containers/${busy}/archive?path=/written`)).status === 200);
    const committed = call(daemon, 'POST', `/commit?container=${busy}`).catch(() => undefined); // the daemon dies under it
    await until('it is paused', async () => (await status(busy)) === 'paused');
    await daemon.crash();
    await committed;
    await daemon.up();
    assert.deepEqual([await status(busy), await status(still)], ['running', 'paused']);
    await remove(busy, still);
  });

  test('running ones go on, ends are seen, policies are kept, half-made things are gone', async () => {
    const steady = await runDetached('sleep 100', {}, 'steady');
    const brief = await runDetached('sleep 0.3; exit 7', {}, 'brief');
    const again = await runDetached('sleep 0.3; exit 1', { HostConfig: { RestartPolicy: { Name: 'on-failure', MaximumRetryCount: 1 } } }, 'again');
    const passing = await runDetached('sleep 0.3', { HostConfig: { AutoRemove: true } }, 'passing');
    const { Pid } = await state(steady);
    await daemon.crash();
    await sleep(800);
    await daemon.up();
    assert.deepEqual([(await state(steady)).Status, (await state(steady)).Pid], ['running', Pid]);
    await until('its end is seen', async () => (await state(brief)).Status === 'exited');
    assert.equal((await state(brief)).ExitCode, 7);
    await until('the policy is kept', async () => (await state(again)).Status === 'exited' && (await inspect(again)).RestartCount === 1);
    await until('--rm is kept', async () => (await call(daemon, 'GET', `/containers/${passing}/json`)).status === 404);
    const ended = wait(steady);
    await call(daemon, 'POST', `/containers/${steady}/stop?t=0`);
    assert.equal(await ended, 137);
    await remove(steady, brief, again);
  });

  test('at random moments of lives: afterwards each container is whole or gone', { timeout: 600_000 }, async () => {
    for (let round = 0; round < 6; round++) {
      const lives = Array.from({ length: 3 }, async () => {
        for (;;) {
          const id = await create({ Cmd: ['true'] });
          await start(id);
          await wait(id);
          await call(daemon, 'DELETE', `/containers/${id}`);
        }
      });
      for (const life of lives) life.catch(() => undefined);
      await sleep(40 + Math.random() * 200);
      await daemon.crash();
      await Promise.allSettled(lives);
      await daemon.up();
      for (const { Id } of (await call(daemon, 'GET', '/containers/json?all=1')).json()) {
        assert.ok(['created', 'exited', 'running'].includes((await state(Id)).Status));
        await remove(Id);
      }
      const id = await runDetached('true');
      assert.equal(await wait(id), 0);
      await remove(id);
    }
  });
});
