/** What `plugin create` says of a directory that holds no plugin, and `plugin install` of an image. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { FakeEngine } from '../../packages/cli/testing/fake-engine.ts';
import { invoke } from '../../packages/cli/testing/invoke.ts';

test('a configuration that is missing or no JSON is told in Docker\'s words', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'naru-plugin-create-'));
  const path = join(directory, 'config.json');
  try {
    assert.equal((await invoke(['plugin', 'create', 'p', directory])).stderr, `open ${path}: no such file or directory\n`);
    for (const [text, complaint] of [['nonsense', "invalid character 'o' in literal null (expecting 'u')"], ['', 'EOF'], ['{"a":', 'unexpected EOF']] as const) {
      await writeFile(path, text);
      assert.equal((await invoke(['plugin', 'create', 'p', directory])).stderr, `${complaint}\n`);
    }
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});

test('an image that is taken for a plugin is pointed to image pull', async () => {
  await using engine = await FakeEngine.start([{ method: 'GET', target: '/plugins/privileges?remote=foo%3Alatest', status: 400, body: '{"message":"target is (image) when fetching"}' }]);
  const { code, stderr } = await invoke(['plugin', 'install', 'foo'], { env: { DOCKER_HOST: engine.host } });
  assert.deepEqual([code, stderr], [1, 'Error response from daemon: target is (image) when fetching - Use "docker image pull"\n']);
});
