import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { tolerate, tolerating } from './tolerate.ts';

test('only the failures that are named are tolerated', async () => {
  const missing = import.meta.filename + '.missing';
  assert.equal(tolerating(['EACCES', 'ENOENT'], 'none', () => readFileSync(missing, 'utf8')), 'none');
  assert.equal(await readFile(missing, 'utf8').catch(tolerate(['ENOENT'], undefined)), undefined);
  assert.throws(() => tolerating(['EACCES'], '', () => readFileSync(missing, 'utf8')), { code: 'ENOENT' });
  await assert.rejects(readFile(missing).catch(tolerate([], undefined)), { code: 'ENOENT' });
  assert.throws(() => tolerating(['ENOENT'], 0, () => { throw new TypeError('of ours'); }), TypeError);
});
