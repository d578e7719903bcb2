import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { test } from 'node:test';
import { forward } from './forward.ts';
import { frame, unframe } from './framing.ts';
import { encodeResponse, parseQuery, RCODE, TYPE, type Query } from './message.ts';

const query: Query = parseQuery(Buffer.from('123401000001000000000000076578616d706c6503636f6d0000010001', 'hex')) ?? assert.fail('a query');
const address = { type: TYPE.A, ttl: 60, data: Uint8Array.of(192, 0, 2, 7) };

/** A resolver on a free UDP port; `reply` may answer any number of times. */
async function resolver(reply: (question: Query, send: (bytes: Buffer) => void) => void) {
  const socket = createSocket('udp4');
  socket.on('message', (bytes, from) => {
    const question = parseQuery(bytes);
    if (question) reply(question, (response) => socket.send(response, from.port, from.address));
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return { upstream: { address: '127.0.0.1', port: socket.address().port }, [Symbol.dispose]: () => void socket.close() };
}

test('the answer comes back under the id of the client, asked under another', async () => {
  let asked = 0;
  using server = await resolver((question, send) => {
    asked = question.id;
    send(encodeResponse(question, RCODE.NOERROR, [address]));
  });
  const response = await forward(query, [server.upstream], 'udp');
  assert.equal(response?.readUInt16BE(0), 0x1234);
  assert.equal(response?.readUInt16BE(6), 1);
  assert.notEqual(asked, 0, 'somebody was asked');
});

test('what answers another question or carries another id is no answer', async () => {
  using server = await resolver((question, send) => {
    const forged = encodeResponse(question, RCODE.NOERROR, [{ ...address, data: Uint8Array.of(6, 6, 6, 6) }]);
    forged.writeUInt16BE(question.id ^ 1, 0);
    send(forged);
    send(Buffer.from('garbage'));
    send(encodeResponse(question, RCODE.NOERROR, [address]));
  });
  const response = await forward(query, [server.upstream], 'udp');
  assert.ok(response?.includes(Uint8Array.of(192, 0, 2, 7)));
});

test('a silent, a closed and a refusing resolver are passed over for one that answers', async () => {
  using silent = await resolver(() => {});
  using refusing = await resolver((question, send) => send(encodeResponse(question, RCODE.REFUSED, [])));
  using good = await resolver((question, send) => send(encodeResponse(question, RCODE.NXDOMAIN, [])));
  const response = await forward(query, [silent.upstream, refusing.upstream, good.upstream], 'udp', 100);
  assert.equal((response?.readUInt16BE(2) ?? 0) & 0xf, RCODE.NXDOMAIN);
  assert.equal(((await forward(query, [refusing.upstream, silent.upstream], 'udp', 100))?.readUInt16BE(2) ?? 0) & 0xf, RCODE.REFUSED, 'better than nothing');
  assert.equal(await forward(query, [silent.upstream], 'udp', 100), undefined);
  assert.equal(await forward(query, [{ address: '127.0.0.1', port: 1 }], 'udp', 1000), undefined, 'nobody listens');
});

test('over TCP, however the answer is cut', async () => {
  const server = createServer((connection) => {
    connection.on('data', unframe((bytes) => {
      const question = parseQuery(bytes);
      if (!question) return;
      const answer = frame(encodeResponse(question, RCODE.NOERROR, [address]));
      connection.write(answer.subarray(0, 3));
      setTimeout(() => connection.end(answer.subarray(3)), 20);
    }));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  assert.equal((await forward(query, [{ address: '127.0.0.1', port }], 'tcp'))?.readUInt16BE(0), 0x1234);
  server.close();
  await once(server, 'close');
  assert.equal(await forward(query, [{ address: '127.0.0.1', port }], 'tcp'), undefined);
});
