/**
 * Tar archives that nobody meant to write: random bytes, and good archives with random damage. Whatever comes, the
 * parser ends with a NaruError or with members that add up; it never hangs, never throws anything else, and never
 * hands out more content than the archive holds. NARU_FUZZ_SECONDS sets how long (5 unless told), NARU_FUZZ_SEED where
 * it starts.
 */
import assert from 'node:assert/strict';
import { lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { encodeHeader, NaruError, TarParser, tarEnd, tarPadding, type TarHeader, type TarMember } from '#base';
import { unpackRoot } from '../../packages/snapshots/archive/unpack-root.ts';
import { unpackLayer } from '../../packages/snapshots/layers/unpack.ts';

const seconds = Number(process.env['NARU_FUZZ_SECONDS'] ?? 5);
const seed = Number(process.env['NARU_FUZZ_SEED'] ?? Date.now() % 1e9);

test(`tar parser survives ${seconds} s of damage (seed ${seed})`, () => {
  const random = generator(seed);
  const end = Date.now() + seconds * 1000;
  let rounds = 0;
  let accepted = 0;
  for (; Date.now() < end; rounds++) {
    const archive = damage(random, sample(random));
    if (parse(archive, random)) accepted++;
  }
  assert.ok(rounds > 100, `only ${rounds} rounds`);
  assert.ok(accepted > 0 && accepted < rounds, `${accepted} of ${rounds} archives were accepted`);
});

test(`unpacking stays inside its directory for ${seconds} s (seed ${seed})`, { skip: process.getuid?.() === 0 ? false : 'owners and whiteouts need root' }, () => {
  const random = generator(seed);
  const base = mkdtempSync(join(tmpdir(), 'naru-fuzz-'));
  const victim = join(base, 'victim');
  try {
    for (const end = Date.now() + seconds * 1000; Date.now() < end; ) {
      mkdirSync(join(base, 'upper/in'), { recursive: true });
      mkdirSync(join(base, 'lower/c'), { recursive: true });
      symlinkSync(victim, join(base, 'lower/l'));
      symlinkSync('../../../victim', join(base, 'lower/c/m'));
      mkdirSync(victim);
      writeFileSync(join(victim, 'v'), 'safe');
      unpackHostile(base, random);
      assert.deepEqual(readdirSync(victim), ['v']);
      assert.equal(readFileSync(join(victim, 'v'), 'utf8'), 'safe');
      assert.deepEqual([lstatSync(join(victim, 'v')).nlink, lstatSync(victim).uid], [1, 0]);
      assert.deepEqual(readdirSync(base).sort(), ['hostile.tar', 'lower', 'upper', 'victim']);
      for (const name of ['upper', 'lower', 'victim']) rmSync(join(base, name), { recursive: true });
    }
  } finally {
    rmSync(base, { recursive: true, force: true });
  }
});

/** Names and targets made of few words, so that members meet each other's links, over a layer with links of its own. */
function unpackHostile(base: string, random: Random): void {
  const words = ['a', 'b', 'c', 'l', 'm', 'v', '..', '..', '.', '', 'in', '.wh.v', '.wh.l', '.wh..wh..opq', 'victim'];
  const path = () => (random(8) === 0 ? `${base}/victim/` : '') + Array.from({ length: 1 + random(4) }, () => words[random(words.length)]).join('/');
  const types = ['file', 'directory', 'symlink', 'hardlink'] as const;
  const members = Array.from({ length: 2 + random(8) }, () => {
    const type = types[random(types.length)] as TarMember['type'];
    return encodeHeader({ name: path() || 'a', type, linkname: type.endsWith('link') ? path() || '/' : '', uid: 7, mode: 0o777 });
  });
  writeFileSync(join(base, 'hostile.tar'), Buffer.concat([...members, tarEnd]));
  try {
    if (random(2)) unpackLayer({ source: { path: join(base, 'hostile.tar') }, upper: join(base, 'upper'), lowers: [join(base, 'lower')] });
    else unpackRoot({ source: { path: join(base, 'hostile.tar') }, root: join(base, 'upper'), base: random(2) ? '' : 'in', noOverwriteDirNonDir: random(2) === 0, owner: undefined });
  } catch (error) {
    if (!(error instanceof NaruError)) throw error;
  }
}

/** Parses in random pieces; true when the archive is accepted. */
function parse(archive: Buffer, random: Random): boolean {
  let open: TarHeader | undefined;
  let at = 0;
  let total = 0;
  const parser = new TarParser({
    member: (header) => {
      assert.equal(open, undefined, 'a member begins inside another');
      assert.ok(Number.isSafeInteger(header.size) && header.size >= 0 && Number.isSafeInteger(header.mtime));
      assert.ok(header.type === 'file' || header.size === 0);
      open = header;
      at = 0;
    },
    data: (chunk, offset) => {
      assert.ok(open && chunk.length > 0 && offset >= at && offset + chunk.length <= open.size, 'content outside its file');
      at = offset + chunk.length;
      total += chunk.length;
    },
    done: () => { open = undefined; },
  });
  try {
    for (let from = 0; from < archive.length; ) {
      const step = 1 + random(random(3) === 0 ? 16 : 4096);
      parser.write(archive.subarray(from, from + step));
      from += step;
    }
    parser.end();
  } catch (error) {
    if (error instanceof NaruError) return false;
    throw error;
  }
  assert.equal(open, undefined, 'the archive ended inside a member');
  assert.ok(total <= archive.length);
  return true;
}

/** A good archive of a few members of every kind, sparse ones and extension headers among them. */
function sample(random: Random): Buffer {
  const parts: Buffer[] = [];
  for (let count = random(6); count >= 0; count--) parts.push(random(4) === 0 ? raw(random) : whole(random));
  return Buffer.concat([...parts, tarEnd]);
}

function whole(random: Random): Buffer {
  const types = ['file', 'directory', 'symlink', 'hardlink', 'char', 'fifo'] as const;
  const type = types[random(types.length)] as TarMember['type'];
  const size = type === 'file' ? random(3000) : 0;
  const name = 'n'.repeat(1 + random(300)).replace(/n{20}/g, '$&/');
  const xattrs = random(3) === 0 ? new Map([['user.x', Buffer.alloc(random(50), 0xff)]]) : undefined;
  const header = encodeHeader({ name, type, size, mode: random(0o10000), uid: random(2 ** 31), mtime: random(2 ** 31), mtimeNanoseconds: random(2) * 5, linkname: 'l'.repeat(random(200)), xattrs });
  return Buffer.concat([header, Buffer.alloc(size + tarPadding(size), 'x')]);
}

/** An extension or sparse member with a body of plausible text. */
function raw(random: Random): Buffer {
  const bodies = ['12 path=a/b\n', '30 GNU.sparse.map=0,10,20,5,25\n', '22 GNU.sparse.major=1\n22 GNU.sparse.minor=0\n', '16 mtime=-12.5\n', '3\n0\n5\n10\n5\n20\n1\n', '18 size=9999999999\n', '24 GNU.sparse.size=100\n'];
  const body = Buffer.from(bodies[random(bodies.length)] ?? '');
  const header = encodeHeader({ name: 'x', type: 'file', size: body.length });
  header.write('xgLKS0'[random(6)] ?? 'x', 156);
  if (random(2)) header.write('00000000000\x0000000000017\0', 386);
  return Buffer.concat([resealed(header), body, Buffer.alloc(tarPadding(body.length))]);
}

/** Some archives stay whole; others lose bytes, gain some, or have them changed, with the checksum made right again or not. */
function damage(random: Random, archive: Buffer): Buffer {
  const bytes = Buffer.from(archive);
  switch (random(6)) {
    case 0: return bytes;
    case 1: return bytes.subarray(0, random(bytes.length));
    case 2: return Buffer.from(Array.from({ length: random(3000) }, () => random(256)));
    case 3: return Buffer.concat([bytes.subarray(0, random(bytes.length)), bytes.subarray(random(bytes.length))]);
    default: {
      for (let changes = 1 + random(4); changes > 0; changes--) {
        const block = random(Math.floor(bytes.length / 512)) * 512;
        bytes[block + random(512)] = random(2) ? random(256) : 0x30 + random(10);
        if (random(4) > 0) resealed(bytes.subarray(block, block + 512));
      }
      return bytes;
    }
  }
}

function resealed(block: Buffer): Buffer {
  block.write('        ', 148);
  block.write(`${block.reduce((sum, byte) => sum + byte, 0).toString(8).padStart(6, '0')}\0 `, 148);
  return block;
}

type Random = (below: number) => number;

/** mulberry32: the same seed gives the same run. */
function generator(start: number): Random {
  let state = start >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}
