import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { isalDeflater } from './isal.ts';
import type { Deflater } from './port.ts';
import { zlibDeflater } from './zlib.ts';

const deflaters: [string, Deflater | undefined][] = [['zlib', zlibDeflater()], ['ISA-L', isalDeflater()]];

for (const [name, deflater] of deflaters) {
  test(`deflate by ${name}: members together are one gzip file`, { skip: deflater ? false : 'libisal2 is not installed' }, async () => {
    const pieces = [Buffer.alloc(1 << 20, 'naru '), randomBytes(1 << 20), Buffer.alloc(0), Buffer.from('end')];
    const members: Buffer[] = [];
    for (const piece of pieces) members.push((await deflater?.member(piece)) ?? Buffer.alloc(0));
    assert.ok((members[0]?.length ?? 0) < 20_000);
    assert.deepEqual(gunzipSync(Buffer.concat(members)), Buffer.concat(pieces));
  });

  test(`deflate by ${name}: the same input gives the same bytes`, { skip: deflater ? false : 'libisal2 is not installed' }, async () => {
    const text = Buffer.alloc(100_000, 'again and again ');
    assert.deepEqual(await deflater?.member(text), await deflater?.member(text));
  });
}
