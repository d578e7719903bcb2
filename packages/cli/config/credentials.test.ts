import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { test } from 'node:test';
import { helperErase, helperGet, helperList, helperStore } from './credential-helper.ts';
import { credentialsOrNone } from './credentials.ts';

test("the helper of one registry that fails takes nothing from the others; the one for all takes all", async () => {
  const values = { auths: { 'a.example': { auth: 'YTpi' } }, credHelpers: { 'b.example': 'absent' } };
  const config = { path: '/nonexistent/config.json', complaint: undefined };
  assert.deepEqual(await credentialsOrNone({ ...config, values }), { 'a.example': { username: 'a', password: 'b', serveraddress: 'a.example' } });
  assert.deepEqual(await credentialsOrNone({ ...config, values: { ...values, credsStore: 'absent' } }), {});
});

const shellHelper = `#!/bin/sh
case $1 in
  get) server=$(/bin/cat </dev/stdin); echo '{"ServerURL":"'$server'","Username":"u","Secret":"s"}' >/dev/stdout ;;
  store) /bin/cat /dev/stdin >"$0.stored" ;;
  list) echo '{"one":"u"}' ;;
  *) echo no; exit 7 ;;
esac
`;

test('a helper in shell may open its standard streams by name; its exit code and answer are told; PATH need hold nothing else', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'naru-helper-'));
  const path = process.env['PATH'] ?? '';
  process.env['PATH'] = directory;
  try {
    const file = join(directory, 'docker-credential-own');
    await writeFile(file, shellHelper, { mode: 0o755 });
    await writeFile(join(directory, 'docker-credential-closed'), shellHelper, { mode: 0o644 });
    assert.deepEqual(await helperGet('own', 'r.example'), { username: 'u', password: 's', serveraddress: 'r.example' });
    await helperStore('own', { serveraddress: 'r.example', username: 'a', password: 'b' });
    assert.deepEqual(JSON.parse(await readFile(`${file}.stored`, 'utf8')), { ServerURL: 'r.example', Username: 'a', Secret: 'b' });
    assert.deepEqual(await helperList('own'), ['one']);
    await assert.rejects(helperErase('own', 'r.example'), { message: 'error erasing credentials - err: exit status 7, out: `no`' });
    for (const name of ['absent', 'closed']) await assert.rejects(helperList(name), { message: `error listing credentials - err: exec: "docker-credential-${name}": executable file not found in $PATH, out: \`\`` });
    process.env['PATH'] = relative(process.cwd(), directory);
    await assert.rejects(helperList('own'), { message: 'error listing credentials - err: exec: "docker-credential-own": cannot run executable found relative to current directory, out: ``' });
  } finally {
    process.env['PATH'] = path;
    await rm(directory, { recursive: true });
  }
});
