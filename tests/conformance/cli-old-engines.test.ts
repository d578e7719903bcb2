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
    { method: 'POST', target: '/containers/prune', body: '{"SpaceReclaimed":1}' },
    { method: 'POST', target: '/networks/prune', body: '{}' },
    { method: 'POST', target: `/images/prune?filters=${encodeURIComponent('{"dangling":{"true":true}}')}`, body: '{"SpaceReclaimed":2}' },
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
