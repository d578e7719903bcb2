/** The resolver as containers meet it: other resolvers that are slow, questions asked by many at once, and bytes that are no question. */
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { test } from 'node:test';
import { Database } from '#base';
import { recordHost } from '../kernel.fake.ts';
import { NetworkStore } from '../store.ts';
import { encodeResponse, parseQuery, parseResponse, RCODE, TYPE, type Query } from './message.ts';
import { Resolver } from './resolver.ts';

const sandbox = { containerId: 'c'.repeat(64), pid: process.pid };
const dns = { servers: ['127.0.0.1'], search: [], options: [] };

function question(name: string, id = 1): Buffer {
  const header = Buffer.from([id >> 8, id & 0xff, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
  const labels = name.split('.').flatMap((label) => [Uint8Array.of(label.length), Buffer.from(label)]);
  return Buffer.concat([header, ...labels, Uint8Array.of(0, 0, TYPE.A, 0, 1)]);
}

/** A resolver whose only upstream answers as `reply` says. */
async function open(reply: (query: Query, send: (bytes: Buffer) => void) => void, maxForwards?: number) {
  const upstream = createSocket('udp4');
  upstream.on('message', (bytes, from) => {
    const query = parseQuery(bytes);
    if (query) reply(query, (response) => upstream.send(response, from.port, from.address));
  });
  upstream.bind(0, '127.0.0.1');
  await once(upstream, 'listening');
  const resolver = new Resolver(recordHost(), new NetworkStore(new Database(':memory:')), upstream.address().port, maxForwards);
  return { ask: async (bytes: Buffer, containerId = sandbox.containerId) => resolver.answer(bytes, { ...sandbox, containerId }, dns, 'udp'), [Symbol.dispose]: () => void upstream.close() };
}

const address = { type: TYPE.A, ttl: 60, data: Uint8Array.of(192, 0, 2, 7) };

test('a question that nobody answers yet holds up no other', async () => {
  let release = (): void => {};
  using world = await open((query, send) => {
    const answer = () => send(encodeResponse(query, RCODE.NOERROR, [address]));
    if (query.name === 'slow.test') release = answer;
    else answer();
  });
  const order: string[] = [];
  const slow = world.ask(question('slow.test')).then(() => order.push('slow'));
  for (let i = 0; i < 20; i++) await world.ask(question(`quick${i}.test`));
  order.push('quick');
  release();
  await slow;
  assert.deepEqual(order, ['quick', 'slow']);
});

test('the resolver never asks itself', async () => {
  const resolver = new Resolver(recordHost(), new NetworkStore(new Database(':memory:')), 1);
  const answer = await resolver.answer(question('a.test'), sandbox, { ...dns, servers: ['127.0.0.11'] }, 'udp');
  assert.equal((answer?.[3] ?? 0) & 15, RCODE.SERVFAIL);
});

test('what many ask at once is asked once, and everyone is answered under an id of his own', async () => {
  let asked = 0;
  using world = await open((query, send) => {
    asked++;
    setTimeout(() => send(encodeResponse(query, RCODE.NOERROR, [address])), 20);
  });
  const answers = await Promise.all([11, 12, 13].map((id) => world.ask(question('many.test', id))));
  assert.deepEqual(answers.map((answer) => answer?.readUInt16BE(0)), [11, 12, 13]);
  assert.equal((await world.ask(question('MANY.test', 14)))?.readUInt16BE(0), 14);
  assert.equal(asked, 1);
});

test('a container with as many questions on their way as it may have is refused, another is not', async () => {
  const held: (() => void)[] = [];
  const { promise: all, resolve: upstreamHasAll } = Promise.withResolvers<void>();
  using world = await open((query, send) => {
    held.push(() => send(encodeResponse(query, RCODE.NOERROR, [address])));
    if (held.length === 4) upstreamHasAll();
  }, 3);
  const code = async (answer: Promise<Buffer | undefined>): Promise<number> => ((await answer)?.readUInt16BE(2) ?? 0) & 0xf;
  const flood = ['a.test', 'b.test', 'c.test'].map((name) => code(world.ask(question(name))));
  assert.equal(await code(world.ask(question('more.test'))), RCODE.REFUSED);
  const other = code(world.ask(question('other.test'), 'd'.repeat(64)));
  await all;
  for (const answer of held) answer();
  assert.deepEqual(await Promise.all([...flood, other]), Array(4).fill(RCODE.NOERROR));
});

test('a name that does not exist is remembered as long as its zone says (RFC 2308)', async () => {
  let asked = 0;
  const soa = { type: TYPE.SOA, ttl: 60, data: Buffer.concat([Uint8Array.of(0, 0), Buffer.alloc(16), Uint8Array.of(0, 0, 0, 30)]) };
  using world = await open((query, send) => {
    asked++;
    const response = encodeResponse(query, RCODE.NXDOMAIN, [soa]);
    response.writeUInt16BE(0, 6);
    response.writeUInt16BE(1, 8); // the record stands in the authority section
    send(response);
  });
  for (let i = 0; i < 3; i++) assert.equal(((await world.ask(question('nobody.test')))?.readUInt16BE(2) ?? 0) & 0xf, RCODE.NXDOMAIN);
  assert.equal(asked, 1);
});

test('what is known of one name says nothing of another that is written alike, nor of one that was asked with other options', async () => {
  const asked: string[] = [];
  using world = await open((query, send) => {
    asked.push(query.name);
    send(encodeResponse(query, RCODE.NOERROR, [address]));
  });
  const named = (...labels: string[]): Buffer => Buffer.concat([question('').subarray(0, 12), ...labels.flatMap((label) => [Uint8Array.of(label.length), Buffer.from(label, 'latin1')]), Uint8Array.of(0, 0, TYPE.A, 0, 1)]);
  for (const labels of [['www.bank.test'], ['www', 'bank.test'], ['www', 'bank', 'test'], ['WWW', 'Bank', 'TEST'], ['www\\.bank', 'test'], ['\u00c4.test'], ['\u00e4.test']]) await world.ask(named(...labels));
  assert.deepEqual(asked, ['www\\.bank\\.test', 'www.bank\\.test', 'www.bank.test', 'www\\\\\\.bank.test', '\u00c4\\.test', '\u00e4\\.test']);
  const withOptions = (hex: string): Buffer => {
    const bytes = Buffer.concat([question('near.test'), Buffer.from('000029100000000000', 'hex'), Uint8Array.of(0, hex.length / 2), Buffer.from(hex, 'hex')]);
    bytes.writeUInt16BE(1, 10);
    return bytes;
  };
  for (const subnet of ['0008000700011800c00002', '0008000700011800cb0071', '0008000700011800cb0071']) await world.ask(withOptions(subnet));
  assert.equal(asked.filter((name) => name === 'near.test').length, 2);
});

test('twenty thousand broken messages are each refused or answered, and none does harm', async () => {
  using world = await open((query, send) => send(encodeResponse(query, RCODE.NOERROR, [address])));
  const whole = question('a.quite-long-label.example.test');
  const query = parseQuery(whole) ?? assert.fail('a query');
  const response = encodeResponse(query, RCODE.NOERROR, [address, address]);
  let state = 4711;
  const random = (below: number): number => ((state = (Math.imul(state, 1664525) + 1013904223) >>> 0) >>> 8) % below;
  const spoil = (bytes: Buffer): Buffer => {
    const broken = Buffer.from(random(4) === 0 ? bytes.subarray(0, random(bytes.length + 1)) : bytes);
    for (let i = random(6); i > 0 && broken.length > 0; i--) broken[random(broken.length)] = random(256);
    return broken;
  };
  for (let i = 0; i < 20_000; i++) {
    const bytes = spoil(whole);
    const facts = parseResponse(query, spoil(response));
    assert.ok(facts === undefined || facts.ttlOffsets.every((offset) => offset + 4 <= response.length));
    // What is still a question would be asked of the world: a few of them are.
    if (parseQuery(bytes) && random(100) > 0) continue;
    const answer = await world.ask(bytes);
    assert.ok(answer === undefined || (answer.length >= 12 && (answer.readUInt16BE(2) & 0x8000) !== 0));
  }
});
