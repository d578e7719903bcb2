/** Debian's python3-docker at narud's door: its own program, told apart test by test. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { run } from '../../support/command.ts';
import { Daemon } from '../../support/daemon.ts';
import { importBusybox } from '../../support/images.ts';
import { Registry } from '../../support/registry.ts';

test('python3-docker', async (context) => {
  await using daemon = await Daemon.start();
  await using registry = await Registry.start();
  await importBusybox(daemon);
  const env = { ...daemon.env, REGISTRY: registry.address, PYTHONDONTWRITEBYTECODE: '1' };
  const { code, stderr } = await run('/usr/bin/python3', ['-W', 'ignore', join(import.meta.dirname, 'python_docker.py')], { env, timeout: 600_000 });
  const told = [...stderr.matchAll(/^(test_\w+) \(\S+\)(?:.*\n)*?.*\.\.\. (ok|FAIL|ERROR)$/gm)];
  assert.ok(told.length > 15, stderr);
  for (const [, name, outcome] of told) await context.test(name, () => assert.equal(outcome, 'ok', stderr));
  assert.equal(code, 0, stderr);
});
