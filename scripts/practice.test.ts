/** What a start-up snapshot keeps of its making (practice.cjs). */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { withPractice } from './executable.ts';

const run = promisify(execFile);

test('a start waits for its timers, also for those as long as one that the practice had', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'naru-snapshot-'));
  try {
    const [entry, blob] = [join(directory, 'entry.cjs'), join(directory, 'blob')];
    const practice = await readFile(join(import.meta.dirname, 'practice.cjs'), 'utf8');
    await writeFile(entry, `
      const module = {};
      ${practice}
      module.exports(process.env.NARU_PRACTICE).then(() => require('node:v8').startupSnapshot.setDeserializeMainFunction(() => {
        const [milliseconds, word] = process.argv.slice(1);
        setTimeout(() => console.log(word), Number(milliseconds));
      }));`);
    await withPractice(async (own) => {
      await run(process.execPath, ['--no-warnings', '--snapshot-blob', blob, '--build-snapshot', entry], { env: { ...process.env, NARU_PRACTICE: own } });
    });
    const said = (...words: string[]) => run(process.execPath, ['--snapshot-blob', blob, ...words]).then(({ stdout }) => stdout.trim());
    assert.deepEqual(await Promise.all([said('1000', 'as long'), said('2500', 'longer')]), ['as long', 'longer']);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});
