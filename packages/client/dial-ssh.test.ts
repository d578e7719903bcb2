import assert from 'node:assert/strict';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { test } from 'node:test';
import { calls } from './calls.ts';
import { EngineClient } from './engine-client.ts';
import { answer, pinging, ScriptedEngine } from './testing/scripted-engine.ts';

/** Runs `work` with a program called ssh of the test's own first on PATH; gives the words that it was called with. */
async function withSsh(script: string, work: () => Promise<void>): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'naru-ssh-'));
  const before = process.env['PATH'] ?? '';
  try {
    await writeFile(join(directory, 'ssh'), `#!${process.execPath}\nrequire('node:fs').writeFileSync(${JSON.stringify(join(directory, 'words'))}, process.argv.slice(2).join(' '));\n${script}\n`);
    await chmod(join(directory, 'ssh'), 0o755);
    process.env['PATH'] = `${directory}${delimiter}${before}`;
    await work();
    return await readFile(join(directory, 'words'), 'utf8');
  } finally {
    process.env['PATH'] = before;
    await rm(directory, { recursive: true, force: true });
  }
}

test('ssh://: the far side\'s dial-stdio is the connection', async () => {
  await using engine = await ScriptedEngine.start(pinging('1.45', () => answer('200 OK', '[]')));
  const proxy = `const s = require('node:net').connect(${JSON.stringify(engine.socket)}); process.stdin.pipe(s); s.pipe(process.stdout);`;
  const words = await withSsh(proxy, async () => {
    using client = new EngineClient({ host: 'ssh://me@far.example:2222/run/other.sock' });
    assert.deepEqual(await client.call(calls.containerList), []);
    assert.equal(client.version, '1.45');
  });
  assert.equal(words, '-o ConnectTimeout=30 -T -l me -p 2222 -- far.example docker --host unix:///run/other.sock system dial-stdio');
  assert.equal(engine.asked.at(-1), 'GET /v1.45/containers/json HTTP/1.1');
});

test('what ssh complains of is told', async () => {
  await withSsh(`process.stderr.write('Permission denied (publickey).\\n'); process.exitCode = 255;`, async () => {
    await assert.rejects(new EngineClient({ host: 'ssh://far.example' }).ping(), {
      message: 'error during connect: Head "http://docker.example.com/_ping": command [ssh -o ConnectTimeout=30 -T -- far.example docker system dial-stdio] has exited with exit status 255, make sure the URL is valid, and Docker 18.09 or later is installed on the remote host: stderr=Permission denied (publickey).\n',
    });
  });
});
