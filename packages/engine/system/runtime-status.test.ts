import assert from 'node:assert/strict';
import { mkdtempDisposable, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { RuntimeStatuses } from './runtime-status.ts';

const key = 'org.opencontainers.runtime-spec.features';

test('a runtime is asked for its features once, with its own arguments', async () => {
  await using directory = await mkdtempDisposable(join(tmpdir(), 'naru-runtime-'));
  const path = join(directory.path, 'runtime');
  await writeFile(path, `#!/bin/sh\necho "$*" >>'${path}.asked'\necho '{ "hooks": [] }'\n`, { mode: 0o755 });
  const statuses = new RuntimeStatuses((_, message) => assert.fail(message));
  const command = { path, args: ['--debug'] };
  assert.deepEqual(await Promise.all([statuses.of(command), statuses.of(command)]), [{ [key]: '{"hooks":[]}' }, { [key]: '{"hooks":[]}' }]);
  assert.equal(await readFile(`${path}.asked`, 'utf8'), '--debug features\n');
});

test('one that cannot tell has no status, and is named once', async () => {
  const said: string[] = [];
  const statuses = new RuntimeStatuses((_, message) => void said.push(message));
  for (let asked = 0; asked < 2; asked++) {
    assert.equal(await statuses.of({ path: '/nowhere/runtime', args: [] }), undefined);
    assert.equal(await statuses.of({ path: '/bin/echo', args: [] }), undefined);
  }
  assert.deepEqual(said.map((message) => message.split(': ')[0]), ['features of the runtime /nowhere/runtime', 'features of the runtime /bin/echo']);
});

test("Naru's own is there", async () => {
  const status = await new RuntimeStatuses((_, message) => assert.fail(message)).own();
  assert.match(status?.[key] ?? '', /^\{"ociVersionMin":"1\.0\.0"/);
});
