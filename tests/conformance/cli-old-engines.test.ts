/** The command with engines whose API is older than its own: what they cannot do, it does itself. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type CannedAnswer, FakeEngine, frame } from '../../packages/cli/testing/fake-engine.ts';
import { invoke } from '../../packages/cli/testing/invoke.ts';

const id = 'c'.repeat(64);
const filters = encodeURIComponent(JSON.stringify({ container: { [id]: true }, type: { container: true } }));
const events = (...all: readonly object[]): string => all.map((event) => `${JSON.stringify(event)}\n`).join('');
const died = { status: 'die', Actor: { Attributes: { exitCode: '3' } } };
const destroyed = { status: 'destroy' };

/** What an engine is asked for `run`. */
function life(told: string, more: readonly CannedAnswer[] = []): CannedAnswer[] {
  return [
    { method: 'POST', target: '/containers/create', status: 201, body: JSON.stringify({ Id: id, Warnings: null }) },
    { method: 'POST', target: `/containers/${id}/attach?stderr=1&stdout=1&stream=1`, stream: frame(1, 'hi\n'), after: `/containers/${id}/start` },
    { method: 'GET', target: `/events?filters=${filters}`, body: told, after: `/containers/${id}/start` },
    { method: 'POST', target: `/containers/${id}/start`, status: 204 },
    ...more,
  ];
}

test('before API 1.30 the exit code comes from the events', async () => {
  await using engine = await FakeEngine.start(life(events({ status: 'start' }, died)), '1.29');
  const { code, stdout, stderr } = await invoke(['run', 'busybox'], { env: { DOCKER_HOST: engine.host } });
  assert.deepEqual([code, stdout, stderr], [3, 'hi\n', '']);
});

test('from API 1.25 on the engine removes, and the end is the removal', async () => {
  await using engine = await FakeEngine.start(life(events(died, destroyed)), '1.25');
  const { code } = await invoke(['run', '--rm', 'busybox'], { env: { DOCKER_HOST: engine.host } });
  assert.equal(code, 3);
  assert.ok(!engine.requests.some((request) => request.startsWith('DELETE')), engine.requests.join('\n'));
});

test('before API 1.25 the command removes the container itself, its volumes too', async () => {
  await using engine = await FakeEngine.start(life(events(died, destroyed), [{ method: 'DELETE', target: `/containers/${id}?v=1`, status: 204 }]), '1.24');
  const { code, stderr } = await invoke(['run', '--rm', 'busybox'], { env: { DOCKER_HOST: engine.host } });
  assert.deepEqual([code, stderr], [3, '']);
  assert.ok(engine.requests.includes(`DELETE /containers/${id}?v=1`), engine.requests.join('\n'));
});

test('before API 1.42 a prune of volumes warns of the named ones, which the engine takes too', async () => {
  for (const [version, named] of [['1.41', true], ['1.42', false]] as const) {
    await using engine = await FakeEngine.start([], version);
    const { stdout } = await invoke(['volume', 'prune'], { env: { DOCKER_HOST: engine.host }, stdin: 'n\n' });
    assert.equal(stdout.startsWith('WARNING! This will remove all local volumes'), named, stdout);
  }
});

test('before API 1.31 there is no build cache to prune', async () => {
  await using engine = await FakeEngine.start([
    { method: 'POST', target: '/containers/prune', body: '{"ContainersDeleted":["a"],"SpaceReclaimed":1}' },
    { method: 'POST', target: '/networks/prune', body: '{}' },
    { method: 'POST', target: `/images/prune?filters=${encodeURIComponent('{"dangling":{"true":true}}')}`, body: '{"ImagesDeleted":[{"Deleted":"b"}],"SpaceReclaimed":2}' },
  ], '1.30');
  const { code, stdout, stderr } = await invoke(['system', 'prune'], { env: { DOCKER_HOST: engine.host }, stdin: 'y\n' });
  assert.deepEqual([code, stderr], [0, '']);
  assert.ok(!stdout.includes('build cache') && stdout.endsWith('Total reclaimed space: 3B\n'), stdout);
});

test('what the engine cannot do is told before the number of arguments is', async () => {
  await using engine = await FakeEngine.start([]);
  const { code, stderr } = await invoke(['checkpoint', 'ls'], { env: { DOCKER_HOST: engine.host } });
  assert.deepEqual([code, stderr], [1, 'naru checkpoint ls is only supported on a Docker daemon with experimental features enabled\n']);
});

/** Runs `words` on an engine that accepts nothing; gives the first request it was asked, with its body. */
async function asked(version: string, ...words: string[]): Promise<{ request: string; body: Record<string, unknown>; stderr: string }> {
  await using engine = await FakeEngine.start([], version);
  const { stderr } = await invoke(words, { env: { DOCKER_HOST: engine.host } });
  const body = engine.heard[0]?.body.toString();
  return { request: engine.requests[0] ?? '', body: body ? (JSON.parse(body) as Record<string, unknown>) : {}, stderr };
}

test('a wish that an older engine would lose silently is refused', async () => {
  for (const [version, flags, complaint] of [
    ['1.43', ['--mac-address', '02:42:ac:11:00:99'], '"specify mac-address per network" requires API version 1.44, but the Docker daemon API version is 1.43'],
    ['1.39', ['--mount', 'type=bind,src=/tmp,dst=/a,bind-recursive=disabled'], 'bind-recursive=disabled requires API v1.40 or later'],
    ['1.43', ['--mount', 'type=bind,src=/tmp,dst=/a,readonly,bind-propagation=rprivate,bind-recursive=readonly'], 'bind-recursive=readonly requires API v1.44 or later'],
  ] as const) {
    const { request, stderr } = await asked(version, 'create', ...flags, 'busybox');
    assert.deepEqual([request, stderr], ['', `${complaint}\n`]);
  }
});

test('what an older engine does not know is left out of the request', async () => {
  assert.equal((await asked('1.41', 'create', '--platform', 'linux/arm64', 'busybox')).request, 'POST /containers/create?platform=linux%2Farm64');
  assert.equal((await asked('1.40', 'create', '--platform', 'linux/arm64', 'busybox')).request, 'POST /containers/create');
  assert.equal((await asked('1.42', 'stop', '-s', 'INT', 'web')).request, 'POST /containers/web/stop?signal=INT');
  assert.equal((await asked('1.41', 'stop', '-s', 'INT', '-t', '3', 'web')).request, 'POST /containers/web/stop?t=3');
});

test('what an older engine wants besides is there', async () => {
  assert.equal((await asked('1.43', 'network', 'create', 'n')).body['CheckDuplicate'], true);
  assert.equal('CheckDuplicate' in (await asked('1.44', 'network', 'create', 'n')).body, false);
  assert.equal((await asked('1.24', 'images', 'busybox')).request, 'GET /images/json?filter=busybox');
  assert.equal((await asked('1.25', 'images', 'busybox')).request, `GET /images/json?filters=${encodeURIComponent('{"reference":{"busybox":true}}')}`);
});

test('commands and flags that came later say so, in the order of their names', async () => {
  assert.equal((await asked('1.38', 'builder', 'prune', '-f')).stderr, 'naru builder prune requires API version 1.39, but the Docker daemon API version is 1.38\n');
  const needs = (flag: string, since: string): string => `"--${flag}" requires API version ${since}, but the Docker daemon API version is 1.24\n`;
  assert.equal((await asked('1.24', 'build', '--platform', 'linux/amd64', '--network', 'host', '.')).stderr, needs('network', '1.25') + needs('platform', '1.38'));
});

test('a start from a checkpoint is silent, and of one container', async () => {
  await using engine = await FakeEngine.start([{ method: 'POST', target: '/containers/web/start?checkpoint=c1', status: 204 }]);
  const env = { DOCKER_HOST: engine.host };
  assert.equal((await invoke(['start', '--checkpoint', 'c1', 'web'], { env })).stdout, '');
});

test('space counts where something went', async () => {
  await using engine = await FakeEngine.start([{ method: 'POST', target: `/images/prune?filters=${encodeURIComponent('{"dangling":{"true":true}}')}`, body: '{"ImagesDeleted":null,"SpaceReclaimed":5}' }]);
  assert.equal((await invoke(['image', 'prune', '-f'], { env: { DOCKER_HOST: engine.host } })).stdout, 'Total reclaimed space: 0B\n');
});
