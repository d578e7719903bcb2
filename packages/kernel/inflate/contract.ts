/** What every gzip decompressor does, run by inflate.test.ts against each of them. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { isKind } from '#base';
import type { Inflater, InflateOutput } from './port.ts';

type Open = (output: InflateOutput) => Inflater;

/** Registers the suite for the implementation that `open` makes. */
export function inflaterContract(name: string, open: Open): void {
  describe(`inflate by ${name}`, () => {
    const plain = Buffer.concat([Buffer.from('나루 '.repeat(5000)), randomBytes(200_000), Buffer.alloc(300_000)]);

    it('gives back what was compressed, whatever the pieces and levels', async () => {
      for (const level of [0, 1, 6, 9]) {
        for (const size of [997, 65_536, 1 << 20]) assert.ok((await inflate(open, gzipSync(plain, { level }), size)).equals(plain), `level ${level}, pieces of ${size}`);
      }
    });

    it('reads an empty stream, and members one after the other', async () => {
      assert.equal((await inflate(open, gzipSync(''), 5)).length, 0);
      const members = Buffer.concat([gzipSync('one '), gzipSync(''), gzipSync('two')]);
      for (const size of [1, 7, 100]) assert.equal((await inflate(open, members, size)).toString(), 'one two');
    });

    it('reads a header with a file name and a comment', async () => {
      const [head, tail] = [gzipSync('x').subarray(0, 10), gzipSync('x').subarray(10)];
      head[3] = 0x18;
      assert.equal((await inflate(open, Buffer.concat([head, Buffer.from('layer.tar\0note\0'), tail]), 3)).toString(), 'x');
    });

    it('ignores padding after the last member', async () => {
      assert.equal((await inflate(open, Buffer.concat([gzipSync('x'), Buffer.alloc(1000)]), 64)).toString(), 'x');
    });

    it('refuses what is cut short, damaged or no gzip', async () => {
      const whole = gzipSync(plain);
      const damaged = Buffer.from(whole);
      damaged.writeUInt32LE(1, whole.length - 8);
      const refused = async (bytes: Buffer, message: RegExp) => assert.rejects(inflate(open, bytes, 1000), (error) => isKind(error, 'DataLoss') && message.test(error.message));
      await refused(whole.subarray(0, 5), /unexpected EOF/);
      await refused(whole.subarray(0, whole.length - 3), /unexpected EOF/);
      await refused(whole.subarray(0, 40_000), /unexpected EOF/);
      await refused(Buffer.alloc(0), /unexpected EOF/);
      await refused(damaged, /invalid checksum/);
      await refused(Buffer.from('no gzip at all, but long enough'), /invalid header/);
      await refused(Buffer.concat([whole.subarray(0, 10), Buffer.alloc(2000, 0xff)]), /corrupt input/);
    });
  });
}

/** Feeds `bytes` in pieces of `size`, giving room in odd stretches. */
async function inflate(open: Open, bytes: Buffer, size: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let free = Buffer.alloc(0);
  const inflater = open({
    reserve: () => (free = Buffer.alloc(70_001)),
    commit: (count) => chunks.push(free.subarray(0, count)),
  });
  for (let at = 0; at < bytes.length; at += size) await inflater.write(Buffer.from(bytes.subarray(at, at + size)));
  await inflater.end();
  return Buffer.concat(chunks);
}
