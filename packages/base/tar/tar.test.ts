import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, truncateSync, writeFileSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { describe, it } from 'node:test';
import tarStream from 'tar-stream';
import { isKind } from '../errors.ts';
import { decodeName, encodeHeader, encodeName, readTar, tarEnd, TarParser, writeTar, type TarEntry, type TarHeader, type TarMember } from './index.ts';

const long = `${'d'.repeat(90)}/${'e'.repeat(120)}/${'f'.repeat(200)}`;
const samples: TarMember[] = [
  { name: 'plain', type: 'file', mode: 0o4755, uid: 1, gid: 2, mtime: 1_700_000_000, uname: 'a', gname: 'b' },
  { name: 'dir/', type: 'directory', mode: 0o1777, mtime: 5 },
  { name: 'link', type: 'symlink', linkname: '../up', mode: 0o777 },
  { name: 'hard', type: 'hardlink', linkname: 'plain' },
  { name: 'dev', type: 'char', devmajor: 1, devminor: 3, mode: 0o666 },
  { name: 'disk', type: 'block', devmajor: 259, devminor: 70_000 },
  { name: 'pipe', type: 'fifo', mode: 0o600 },
  { name: `${'p'.repeat(120)}/${'n'.repeat(90)}`, type: 'file' },
  { name: long, type: 'file' },
  { name: 'to', type: 'symlink', linkname: long },
  { name: '나루/ü', type: 'file', uname: '나', gname: 'g'.repeat(40) },
  { name: 'ids', type: 'file', uid: 4_000_000_000, gid: 3_000_000 },
  { name: 'fraction', type: 'file', mtime: 1_700_000_000, mtimeNanoseconds: 123_456_789 },
  { name: 'before', type: 'file', mtime: -2, mtimeNanoseconds: 500_000_000 },
  { name: decodeName(Buffer.from([0x61, 0xff, 0xed, 0xa0, 0x80, 0x62])), type: 'file' },
  { name: 'caps', type: 'file', xattrs: new Map([['security.capability', Buffer.from([1, 0, 0, 2, 0xff, 0x0a, 0x3d])], ['user.empty', Buffer.alloc(0)]]) },
];

describe('tar', () => {
  it('reads back every field it wrote, whatever the pieces it comes in', async () => {
    const archive = await buffer(Readable.from(writeTar(samples.map((member) => ({ member, body: member.type === 'file' ? `content of ${member.name}` : '' })))));
    for (const size of [1, 7, 511, 512, 513, 100_000]) {
      const read = parse(archive, size);
      assert.deepEqual(read.map(({ header }) => essence(header)), samples.map((member) => essence({ ...member, size: member.type === 'file' ? Buffer.byteLength(`content of ${member.name}`) : 0 })));
      for (const { header, content } of read) if (header.type === 'file') assert.equal(content.toString(), Buffer.from(`content of ${header.name}`).toString());
    }
  });

  it('agrees with tar-stream on what it writes', async () => {
    const members = samples.filter((member) => member.name.isWellFormed());
    const archive = await buffer(Readable.from(writeTar(members.map((member) => ({ member, body: member.type === 'file' ? 'x' : '' })))));
    const names: string[] = [];
    const oracle = tarStream.extract();
    oracle.on('entry', (header, stream, next) => {
      names.push(`${header.type} ${header.name} ${header.linkname ?? ''} ${(header.pax as Record<string, string> | undefined)?.uid ?? header.uid} ${header.mode}`);
      stream.on('end', next).resume();
    });
    await new Promise<void>((done, failed) => Readable.from([archive]).pipe(oracle).on('finish', () => done()).on('error', failed));
    const kind: Record<string, string> = { hardlink: 'link', char: 'character-device', block: 'block-device' };
    assert.deepEqual(names, members.map((m) => `${kind[m.type] ?? m.type} ${m.name} ${m.linkname ?? ''} ${m.uid ?? 0} ${m.mode ?? 0}`));
  });

  it('reads what tar-stream writes', async () => {
    const pack = tarStream.pack();
    pack.entry({ name: long, mode: 0o640, uid: 7, mtime: new Date(1_600_000_000_000) }, 'hello');
    pack.entry({ name: 'l', type: 'symlink', linkname: 'x' });
    pack.finalize();
    const [file, link] = parse(await buffer(pack), 4096);
    assert.deepEqual([file?.header.name, file?.header.mode, file?.header.uid, file?.header.mtime, file?.content.toString()], [long, 0o640, 7, 1_600_000_000, 'hello']);
    assert.deepEqual([link?.header.type, link?.header.linkname], ['symlink', 'x']);
  });

  for (const format of ['v7', 'oldgnu', 'gnu', 'ustar', 'pax --sparse-version=0.0 --sparse', 'pax --sparse-version=0.1 --sparse', 'pax --sparse-version=1.0 --sparse', 'gnu --sparse']) {
    it(`reads GNU tar's ${format}`, () => {
      const sparse = format.includes('sparse');
      const directory = mkdtempSync(join(tmpdir(), 'naru-tar-'));
      try {
        const name = `${'n'.repeat(format === 'v7' || format === 'ustar' ? 80 : 150)}`;
        writeFileSync(join(directory, name), 'begin');
        if (sparse) makeSparse(join(directory, name));
        const archive = execFileSync('tar', ['-C', directory, '-c', ...`--format=${format}`.split(' '), name], { maxBuffer: 1 << 28 });
        const [entry] = parse(archive, 777);
        assert.equal(entry?.header.name, name);
        assert.deepEqual(entry?.content, readFileSync(join(directory, name)));
        if (sparse) assert.ok(archive.length < 1 << 20, 'the holes are not in the archive');
      } finally {
        rmSync(directory, { recursive: true });
      }
    });
  }

  it('reads a size above 8 GiB, octal or base-256, and applies a global header', () => {
    const huge = 9 * 2 ** 30;
    const seen: TarHeader[] = [];
    const parser = new TarParser({ member: (header) => seen.push(header), data() {}, done() {} });
    parser.write(encodeHeader({ name: 'huge', type: 'file', size: huge }));
    assert.equal(seen[0]?.size, huge);
    const global = globalHeader({ mtime: '77.5', path: 'evil', uname: 'all' });
    const [entry] = parse(Buffer.concat([global, encodeHeader({ name: 'a', type: 'file' }), tarEnd]), 512);
    assert.deepEqual([entry?.header.name, entry?.header.mtime, entry?.header.mtimeNanoseconds, entry?.header.uname], ['a', 77, 500_000_000, 'all']);
  });

  it('streams members, skips contents that nobody takes, and gives holes as zeros', async () => {
    const body = async function* () { yield Buffer.from('abc'); yield Buffer.from('def'); };
    const entries: TarEntry[] = [{ member: { name: 'one', type: 'file', size: 6 }, body: body() }, { member: { name: 'two', type: 'file' }, body: 'kept' }];
    const seen: string[] = [];
    for await (const { header, bytes } of readTar(writeTar(entries))) {
      seen.push(header.name === 'one' ? 'one skipped' : `two ${(await bytes()).toString()}`);
    }
    assert.deepEqual(seen, ['one skipped', 'two kept']);
    await assert.rejects(buffer(Readable.from(writeTar([{ member: { name: 'short', type: 'file', size: 9 }, body: body() }]))), /missed writing 3 bytes of short/);
    await assert.rejects(buffer(Readable.from(writeTar([{ member: { name: 'long', type: 'file', size: 5 }, body: body() }]))), /write too long: long/);
  });

  it('may end before or in the last padding, and nowhere else', () => {
    const archive = Buffer.concat([encodeHeader({ name: 'a', type: 'file', size: 3 }), Buffer.from('abc')]);
    assert.equal(parse(archive, 512)[0]?.content.toString(), 'abc');
    assert.equal(parse(Buffer.concat([archive, Buffer.alloc(9)]), 512)[0]?.content.toString(), 'abc');
    for (const cut of [archive.subarray(0, -1), archive.subarray(0, 100), Buffer.concat([archive, Buffer.alloc(509), archive.subarray(0, 9)])]) {
      assert.throws(() => parse(cut, 512), { message: 'unexpected EOF' });
    }
  });

  it('refuses what is malformed in one sentence', () => {
    const file = (change: (header: Buffer) => void): Buffer => {
      const header = encodeHeader({ name: 'f', type: 'file', size: 5 });
      change(header);
      header.write('        ', 148);
      header.write(`${header.reduce((sum, byte) => sum + byte, 0).toString(8).padStart(6, '0')}\0 `, 148);
      return Buffer.concat([header, Buffer.from('hello'), Buffer.alloc(507)]);
    };
    const extended = (flag: string, body: string): Buffer => {
      const whole = file((header) => { header.write(flag, 156); header.write(body.length.toString(8).padStart(11, '0'), 124); });
      return Buffer.concat([whole.subarray(0, 512), Buffer.from(body), Buffer.alloc((512 - (body.length % 512)) % 512)]);
    };
    const good = file(() => {});
    const refused: [Buffer, RegExp][] = [
      [good.subarray(0, 100), /^unexpected EOF$/],
      [good.subarray(0, 515), /^unexpected EOF$/],
      [extended('x', '9 path=a\n'), /^unexpected EOF$/],
      [Buffer.concat([Buffer.alloc(512), good]), /invalid tar header \(a lone zero block\)/],
      [Buffer.from(good).fill('x', 10, 20), /invalid tar header \(checksum differs\)/],
      [file((header) => header.write('9z', 124)), /invalid tar header \(size is no octal number\)/],
      [file((header) => header.fill(0xff, 124, 136)), /invalid tar header \(negative size\)/],
      [file((header) => { header.fill(0x7f, 124, 136); header[124] = 0x80; }), /invalid tar header \(size is too large\)/],
      [file((header) => { header.write('x', 156); header.write('77777777777', 124); }), /invalid tar header \(extended header is too large\)/],
      [file((header) => header.write('Z', 156)), /^unhandled tar header type 90$/],
      [extended('x', 'path=a\n'), /invalid tar header \(PAX record without a length\)/],
      [extended('x', '99 path=a\n'), /invalid tar header \(malformed PAX record\)/],
      [extended('x', '11 path=a\0\n'), /invalid tar header \(PAX path holds a NUL\)/],
      [Buffer.concat([extended('x', '10 size=x\n'), good]), /invalid tar header \(PAX size is no number\)/],
      [Buffer.concat([extended('x', '11 mtime=z\n'), good]), /invalid tar header \(PAX time is no number\)/],
      [Buffer.concat([extended('x', '26 GNU.sparse.map=9,5,2,1\n'), good]), /invalid tar header \(sparse map/],
      [Buffer.concat([extended('x', '22 GNU.sparse.major=1\n22 GNU.sparse.minor=0\n'), file((header) => header.write('00000002000', 124)), Buffer.alloc(1024, '7')]), /invalid tar header \(sparse map is no number\)/],
    ];
    for (const [archive, message] of refused) assert.throws(() => parse(archive, 1000), (error) => (isKind(error, 'DataLoss') || isKind(error, 'InvalidArgument')) && message.test(error.message), String(message));
    assert.throws(() => encodeHeader({ name: 'a\0b', type: 'file' }), /cannot be written/);
    assert.throws(() => encodeHeader({ name: 'd', type: 'directory', size: 3 }), /is no file and has a content/);
    assert.deepEqual(parse(Buffer.alloc(0), 1), []);
    assert.equal(parse(Buffer.concat([good, tarEnd, Buffer.from('whatever follows')]), 64).length, 1);
  });

  it('keeps names that are no UTF-8', () => {
    for (const bytes of [[0xff], [0x61, 0xc3], [0xf0, 0x9f, 0x98, 0x80], [0xef, 0xbf, 0xbd, 0x80], [0xc0, 0xaf]]) {
      assert.deepEqual([...encodeName(decodeName(Buffer.from(bytes)))], bytes);
    }
  });
});

function parse(archive: Buffer, size: number): { header: TarHeader; content: Buffer }[] {
  const entries: { header: TarHeader; content: Buffer }[] = [];
  const parser = new TarParser({
    member: (header) => entries.push({ header, content: Buffer.alloc(header.size) }),
    data: (chunk, offset) => chunk.copy(entries.at(-1)?.content ?? Buffer.alloc(0), offset),
    done() {},
  });
  for (let at = 0; at < archive.length; at += size) parser.write(archive.subarray(at, at + size));
  parser.end();
  return entries;
}

function essence(member: TarMember): object {
  const defaults = { mode: 0, uid: 0, gid: 0, size: 0, mtime: 0, mtimeNanoseconds: 0, linkname: '', uname: '', gname: '', devmajor: 0, devminor: 0 };
  return { ...defaults, ...member, xattrs: [...(member.xattrs ?? [])].map(([key, value]) => [key, Buffer.from(value).toString('hex')]) };
}

function makeSparse(path: string): void {
  truncateSync(path, 30 << 20);
  for (let i = 0; i < 30; i++) writeFileSync(path, `part ${i}`, { flag: 'r+', flush: false });
  execFileSync('sh', ['-c', 'for i in 1 2 3 4 5 6 7; do printf x$i | dd of="$1" bs=1M seek=$((i * 4)) conv=notrunc status=none; done', 'sh', path]);
}

function globalHeader(records: Record<string, string>): Buffer {
  const body = Buffer.from(Object.entries(records).map(([key, value]) => `${key.length + value.length + 5} ${key}=${value}\n`.replace(/^\d+/, (n) => String(Number(n)))).join(''));
  const header = encodeHeader({ name: 'pax_global_header', type: 'file', size: body.length });
  header.write('g', 156);
  header.write('        ', 148);
  header.write(`${header.reduce((sum, byte) => sum + byte, 0).toString(8).padStart(6, '0')}\0 `, 148);
  return Buffer.concat([header, body, Buffer.alloc((512 - (body.length % 512)) % 512)]);
}
