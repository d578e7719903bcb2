import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { zstdCompressSync } from 'node:zlib';
import { inflaterContract } from './contract.ts';
import { isalInflater } from './isal.ts';
import { openInflater } from './index.ts';
import { zlibInflater } from './zlib.ts';

inflaterContract('zlib', zlibInflater);

if (isalInflater({ reserve: () => Buffer.alloc(1), commit() {} })) inflaterContract('ISA-L', (output) => isalInflater(output) ?? assert.fail('it was there'));
else it('inflate by ISA-L', { skip: 'libisal2 is not installed' }, () => {});

describe('inflate', () => {
  it('reads zstd', async () => {
    const chunks: Buffer[] = [];
    let free = Buffer.alloc(0);
    const inflater = openInflater('zstd', { reserve: () => (free = Buffer.alloc(1000)), commit: (count) => chunks.push(free.subarray(0, count)) });
    const frames = Buffer.concat([zstdCompressSync('a'.repeat(50_000)), zstdCompressSync('second')]);
    for (let at = 0; at < frames.length; at += 9) await inflater.write(frames.subarray(at, at + 9));
    await inflater.end();
    assert.equal(Buffer.concat(chunks).toString(), `${'a'.repeat(50_000)}second`);
  });
});
