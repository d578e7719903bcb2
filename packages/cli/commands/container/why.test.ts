import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeEngine } from '../../testing/fake-engine.ts';
import { invoke } from '../../testing/invoke.ts';

test('events are asked for up to now: for an end that is still to come the engine would wait', async () => {
  const facts = { Id: 'f'.repeat(64), Name: '/x', Created: '2026-01-01T00:00:00.5Z', State: { Status: 'created', ExitCode: 0, Error: '' }, HostConfig: {} };
  const asked = async (now: string): Promise<(string | null)[]> => {
    await using engine = await FakeEngine.start([{ method: 'GET', target: '/containers/x/json', body: JSON.stringify(facts) }]);
    await invoke(['why', 'x'], { env: { DOCKER_HOST: engine.host }, now: Date.parse(now) });
    const query = new URL(engine.heard.at(-1)?.target ?? '', 'http://engine').searchParams;
    return [query.get('since'), query.get('until')];
  };
  assert.deepEqual(await asked('2026-01-01T00:01:10.4Z'), ['1767225600', '1767225670.401']);
  assert.deepEqual(await asked('2025-12-31T23:00:00Z'), ['1767225600', '1767225600.000'], 'the engine\'s clock is ahead of ours');
});
