import assert from 'node:assert/strict';
import { duplexPair, PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { ByteReader } from './byte-reader.ts';
import { readBody, readHead, type ResponseHead, sendRequest } from './http.ts';

/** A reader of these pieces, each as one chunk. */
function readerOf(...pieces: readonly string[]): ByteReader {
  const stream = new PassThrough();
  const reader = new ByteReader(stream);
  void (async () => {
    for (const piece of pieces) {
      stream.write(Buffer.from(piece, 'latin1'));
      await new Promise((turn) => setImmediate(turn));
    }
    stream.end();
  })();
  return reader;
}

async function bodyOf(reader: ByteReader, head: Partial<ResponseHead> = {}, method = 'GET'): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of readBody(reader, method, { status: 200, reason: 'OK', headers: {}, ...head })) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

const chunked = { headers: { 'transfer-encoding': 'chunked' } };

test('a head in pieces, past what only says "go on"', async () => {
  const reader = readerOf('HTTP/1.1 100 Cont', 'inue\r\n\r\nHTTP/1.1 201 Created\r\nApi-Version: 1.50\r\nX:  y \r', '\n\r\nrest');
  assert.deepEqual(await readHead(reader), { status: 201, reason: 'Created', headers: { 'api-version': '1.50', x: 'y' } });
  assert.equal((await reader.read())?.toString(), 'rest');
});

test('a head that is none ends in one clear sentence', async () => {
  await assert.rejects(readHead(readerOf('')), { message: 'EOF' });
  await assert.rejects(readHead(readerOf('SSH-2.0-OpenSSH\r\n\r\n')), { message: 'malformed HTTP response "SSH-2.0-OpenSSH"' });
  await assert.rejects(readHead(readerOf('HTTP/1.1 200 OK\r\nno colon\r\n\r\n')), { message: 'malformed MIME header line: no colon' });
  await assert.rejects(readHead(readerOf('HTTP/1.1 200 OK\r\n', ...Array.from({ length: 20 }, () => `x: ${'y'.repeat(1 << 16)}\r\n`))), { message: 'server response headers exceeded 1048576 bytes' });
});

test('a body by its length, and none where there can be none', async () => {
  const reader = readerOf('hel', 'lo', 'next');
  assert.equal(await bodyOf(reader, { headers: { 'content-length': '5' } }), 'hello');
  assert.equal((await reader.read())?.toString(), 'next');
  assert.equal(await bodyOf(readerOf('x'), { status: 204 }), '');
  assert.equal(await bodyOf(readerOf('x'), { headers: { 'content-length': '1' } }, 'HEAD'), '');
  await assert.rejects(bodyOf(readerOf('hel'), { headers: { 'content-length': '5' } }), { message: 'unexpected EOF' });
  await assert.rejects(bodyOf(readerOf('hel'), { headers: { 'content-length': '-5' } }), { message: 'bad Content-Length "-5"' });
});

test('a body until the connection ends', async () => assert.equal(await bodyOf(readerOf('all ', 'of it')), 'all of it'));

test('chunks: in pieces, with extensions and trailers', async () => {
  const reader = readerOf('5;a=b\r\nhel', 'lo\r', '\nA \r\n0123456', '789\r\n0\r\nTrailer: x\r\n', '\r\nnext');
  assert.equal(await bodyOf(reader, chunked), 'hello0123456789');
  assert.equal((await reader.read())?.toString(), 'next');
});

test('chunks that are cut off or no chunks', async () => {
  await assert.rejects(bodyOf(readerOf('5\r\nhel'), chunked), { message: 'unexpected EOF' });
  await assert.rejects(bodyOf(readerOf('5\r\nhello\r\n'), chunked), { message: 'unexpected EOF' });
  await assert.rejects(bodyOf(readerOf('5\r\nhello\r\n0\r\n'), chunked), { message: 'unexpected EOF' });
  await assert.rejects(bodyOf(readerOf('5\r\nhelloXX\r\n0\r\n\r\n'), chunked), { message: 'malformed chunked encoding' });
  for (const size of ['', 'zz', '-1', '0x5', '5 5', 'f'.repeat(20)]) await assert.rejects(bodyOf(readerOf(`${size}\r\nhello\r\n`), chunked), { message: 'invalid byte in chunk length' }, size);
});

test('requests: by length, in chunks, and bare', async () => {
  const sent = async (method: string, body?: Parameters<typeof sendRequest>[2]): Promise<string> => {
    const [near, far] = duplexPair();
    const received = text(far);
    await sendRequest(near, { method, target: '/x', headers: { Host: 'h' } }, body);
    near.end();
    return received;
  };
  assert.equal(await sent('GET'), 'GET /x HTTP/1.1\r\nHost: h\r\n\r\n');
  assert.equal(await sent('POST'), 'POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n');
  assert.equal(await sent('POST', 'é'), Buffer.from('POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\né').toString());
  const pieces = (async function* () {
    yield Buffer.from('hello');
    yield Buffer.alloc(0); // an empty chunk would end the body
    yield Buffer.from('!');
  })();
  assert.equal(await sent('PUT', pieces), 'PUT /x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n');
});
