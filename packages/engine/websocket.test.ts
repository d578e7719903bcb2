import assert from 'node:assert/strict';
import { once } from 'node:events';
import { duplexPair } from 'node:stream';
import { test } from 'node:test';
import { decodeMessage, encodeMessage, handshakeFields, refusalOf, WebsocketStream } from './websocket.ts';

/** A client's message: masked. */
function masked(opcode: number, text: string): Buffer {
  const plain = encodeMessage(opcode, Buffer.from(text));
  const mask = Buffer.from([1, 2, 3, 4]);
  const head = plain.subarray(0, plain.length - text.length);
  head[1] = (head[1] ?? 0) | 0x80;
  return Buffer.concat([head, mask, Buffer.from(text).map((byte, index) => byte ^ (mask[index % 4] ?? 0))]);
}

test('the handshake of RFC 6455\'s example, and what is none', () => {
  const headers = { upgrade: 'websocket', 'sec-websocket-version': '13', 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==' };
  assert.equal(handshakeFields(headers), 'Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n');
  assert.match(handshakeFields({ ...headers, 'sec-websocket-protocol': 'base64' }), /\r\nSec-WebSocket-Protocol: base64\r\n$/);
  assert.throws(() => handshakeFields({ upgrade: 'tcp' }), { message: 'not websocket protocol' });
});

test('why a handshake is refused', () => {
  const headers = { upgrade: 'WebSocket', 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==', 'sec-websocket-version': '13' };
  assert.equal(refusalOf(headers), undefined);
  assert.equal(refusalOf({}), 'not websocket protocol');
  assert.equal(refusalOf({ upgrade: 'websocket', 'sec-websocket-version': '13' }), 'mismatch challenge/response');
  assert.equal(refusalOf({ ...headers, 'sec-websocket-version': '8' }), 'missing or bad WebSocket Version');
  assert.equal(refusalOf({ ...headers, 'sec-websocket-protocol': 'a, b' }), '');
});

test('messages of every length come back', () => {
  for (const length of [0, 5, 125, 126, 65535, 65536]) {
    const bytes = encodeMessage(2, Buffer.alloc(length, 7));
    const message = decodeMessage(Buffer.concat([bytes, Buffer.from('rest')]));
    assert.deepEqual([message?.opcode, message?.payload.length, message?.size], [2, length, bytes.length]);
    assert.equal(decodeMessage(bytes.subarray(0, bytes.length - 1)), undefined);
  }
  assert.equal(decodeMessage(masked(1, 'hello'))?.payload.toString(), 'hello');
});

test('a stream takes masked messages in any pieces, answers pings, and closes', async () => {
  const [ours, theirs] = duplexPair();
  const stream = new WebsocketStream(ours);
  const sent: Buffer[] = [];
  theirs.on('data', (chunk: Buffer) => sent.push(chunk));
  for (const byte of Buffer.concat([masked(9, 'p'), masked(2, 'in'), masked(1, 'put'), masked(8, '')])) theirs.write(Buffer.from([byte]));
  stream.write('out');
  let read = '';
  stream.on('data', (chunk: Buffer) => (read += chunk.toString()));
  await once(stream, 'end');
  stream.end();
  await once(stream, 'finish');
  assert.equal(read, 'input');
  assert.deepEqual(Buffer.concat(sent), Buffer.concat([encodeMessage(2, Buffer.from('out')), encodeMessage(10, Buffer.from('p')), encodeMessage(8, Buffer.from([3, 0xe8]))]));
});
