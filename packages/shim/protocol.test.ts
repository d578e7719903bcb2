import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeFrame, FrameParser, FrameType, parseExitFile } from './protocol.ts';

test('frames survive any cutting of the stream', () => {
  const frames = [
    encodeFrame(FrameType.output, { flag: 1, process: 3, payload: Buffer.from('hello') }),
    encodeFrame(FrameType.ok, { id: 7 }),
    encodeFrame(FrameType.output, { flag: 2, payload: Buffer.alloc(40_000, 1) }),
  ];
  const bytes = Buffer.concat(frames);
  for (const size of [1, 5, 12, 13, 1000, bytes.length]) {
    const parser = new FrameParser();
    const seen = [];
    for (let at = 0; at < bytes.length; at += size) seen.push(...parser.push(bytes.subarray(at, at + size)));
    assert.deepEqual(seen.map(({ type, flag, process, id, payload }) => [type, flag, process, id, payload.length]), [
      [FrameType.output, 1, 3, 0, 5],
      [FrameType.ok, 0, 0, 7, 0],
      [FrameType.output, 2, 0, 0, 40_000],
    ]);
    assert.equal(seen[0]?.payload.toString(), 'hello');
  }
});

test('the exit file is five numbers or nothing', () => {
  assert.deepEqual(parseExitFile('137 9 1 1700000000000 1600000000000\n'), { code: 137, signal: 9, oom: true, at: 1700000000000, startedAt: 1600000000000 });
  assert.equal(parseExitFile('0 0 0 1 0\n')?.startedAt, undefined);
  assert.equal(parseExitFile('137 9'), undefined);
  assert.equal(parseExitFile('a b c d e'), undefined);
});
