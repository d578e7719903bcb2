/** The demo, as a newcomer runs it. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { root, run } from '../support/command.ts';

test('npm run demo builds, ships, runs and leaves nothing', async () => {
  const demo = await run(process.execPath, [join(root, 'scripts/demo.ts')], { timeout: 800_000 });
  assert.equal(demo.code, 0, demo.stdout + demo.stderr);
  const [pushed, pulled] = ['pushed', 'pulled'].map((word) => new RegExp(`^ +${word} +\\S+@(sha256:[0-9a-f]{64})$`, 'm').exec(demo.stdout)?.[1]);
  assert.ok(pushed, demo.stdout);
  assert.equal(pushed, pulled);
  assert.match(demo.stdout, /^done in \d+ ms, 0 things left behind$/m);
});
