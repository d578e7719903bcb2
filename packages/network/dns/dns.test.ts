import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatIp, ipFromBytes } from '#base';
import type { StoredEndpoint } from '../store.ts';
import { answerLocally } from './answer.ts';
import { DnsCache } from './cache.ts';
import { frame, unframe } from './framing.ts';
import { encodeFormatError, encodeName, encodeResponse, fitUdp, parseQuery, parseResponse, RCODE, readdress, TYPE, type Query } from './message.ts';
import { addressOfReverseName, indexNames, type SeatView } from './names.ts';

/** A query as a stub resolver writes it; with `edns` an OPT record of that payload size. */
function ask(name: string, type: number, options: { id?: number; edns?: number } = {}): Query {
  const header = Buffer.alloc(12);
  header.writeUInt16BE(options.id ?? 7, 0);
  header.writeUInt16BE(0x0100, 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(options.edns ? 1 : 0, 10);
  const opt = Buffer.from('0000290000000000000000', 'hex');
  opt.writeUInt16BE(options.edns ?? 0, 3);
  const labels = name.split('.').flatMap((label) => [Uint8Array.of(label.length), Buffer.from(label)]);
  const question = Buffer.concat([...labels, Uint8Array.of(0, 0, type, 0, 1)]);
  return parseQuery(Buffer.concat([header, question, ...(options.edns ? [opt] : [])])) ?? assert.fail('a query');
}

function endpoint(name: string, ipv4: string, rest: Partial<StoredEndpoint> = {}): StoredEndpoint {
  return { id: name, networkId: 'n', networkName: 'app', containerId: name, containerName: name, hostname: '', ipv4: { address: ipv4, prefix: 16, gateway: '172.18.0.1' }, ipv6: undefined, macAddress: '', aliases: [], dnsNames: [name], links: [], ports: [], interfaceName: 'eth0', driverOptions: {}, gatewayPriority: 0, ...rest };
}

function viewOf(seat: StoredEndpoint, ...others: StoredEndpoint[]): SeatView[] {
  return [{ seat, names: indexNames('App', [seat, ...others]) }];
}

/** Addresses in a response made by `encodeResponse`. */
function addressesIn(query: Query, response: Buffer | undefined): string[] {
  assert.ok(response);
  const size = query.type === TYPE.AAAA ? 16 : 4;
  return Array.from({ length: response.readUInt16BE(6) }, (_, i) => formatIp(ipFromBytes(response.subarray(query.questionEnd + i * (12 + size) + 12, query.questionEnd + (i + 1) * (12 + size)))));
}

test('a query is read: name in lower case, type, EDNS payload', () => {
  const query = ask('WWW.Example.com', TYPE.AAAA, { id: 0x1234, edns: 1232 });
  assert.deepEqual({ id: query.id, name: query.name, type: query.type, class: query.class, edns: query.edns }, { id: 0x1234, name: 'www.example.com', type: TYPE.AAAA, class: 1, edns: { payload: 1232, dnssec: false, options: '' } });
});

test('bytes that are no query are refused, whatever they are', () => {
  assert.equal(parseQuery(Buffer.alloc(3)), undefined);
  assert.equal(encodeFormatError(Buffer.alloc(3)), undefined);
  const loop = Buffer.concat([ask('a', 1).bytes.subarray(0, 12), Buffer.from('c00c00010001', 'hex')]);
  assert.equal(parseQuery(loop), undefined, 'a pointer to itself');
  assert.equal((encodeFormatError(loop)?.readUInt16BE(2) ?? 0) & 0xf, RCODE.FORMERR);
  let seed = 1;
  const random = () => (seed = (seed * 1103515245 + 12345) & 0x7fffffff) & 0xff;
  for (let i = 0; i < 2000; i++) parseQuery(Buffer.from(Array.from({ length: i % 64 }, random)));
});

test('names, aliases and name.network are answered; a known name without the type gets an empty answer', () => {
  const web = endpoint('web', '172.18.0.2', { dnsNames: ['web', 'WWW', 'abcdef012345'] });
  const seats = viewOf(endpoint('db', '172.18.0.3'), web);
  for (const name of ['web', 'www', 'Web', 'abcdef012345', 'web.app']) {
    const query = ask(name, TYPE.A);
    assert.deepEqual(addressesIn(query, answerLocally(query, seats, 0)), ['172.18.0.2'], name);
  }
  const aaaa = ask('web', TYPE.AAAA);
  assert.deepEqual(addressesIn(aaaa, answerLocally(aaaa, seats, 0)), []);
  assert.equal(answerLocally(ask('example.com', TYPE.A), seats, 0), undefined);
});

test('a shared name gives every address, each first in turn; one that is not attached gives none', () => {
  const pool = ['172.18.0.2', '172.18.0.3', '172.18.0.4'].map((address, i) => endpoint(`c${i}`, address, { dnsNames: ['pool'] }));
  const seats = viewOf(endpoint('me', '172.18.0.9'), ...pool, endpoint('dead', '172.18.0.5', { dnsNames: ['pool'], interfaceName: undefined }));
  const query = ask('pool', TYPE.A);
  const firsts = [0, 1, 2].map((turn) => addressesIn(query, answerLocally(query, seats, turn))[0]);
  assert.deepEqual(firsts, ['172.18.0.2', '172.18.0.3', '172.18.0.4']);
  assert.equal(addressesIn(query, answerLocally(query, seats, 5)).length, 3);
});

test('a name that two networks know is answered by the first that has an address of the family', () => {
  const [near, far] = [endpoint('web', '172.18.0.2'), endpoint('web', '172.19.0.2', { networkName: 'back', ipv6: { address: 'fd00::2', prefix: 64, gateway: '' } })];
  const seats = [...viewOf(endpoint('me', '172.18.0.9'), near), { seat: endpoint('me', '172.19.0.9'), names: indexNames('back', [far]) }];
  const answers = (name: string, type: number) => addressesIn(ask(name, type), answerLocally(ask(name, type), seats, 0));
  assert.deepEqual([answers('web', TYPE.A), answers('web', TYPE.AAAA), answers('web.back', TYPE.A)], [['172.18.0.2'], ['fd00::2'], ['172.19.0.2']]);
});

test('a link is a name for one container alone', () => {
  const db = endpoint('mysql', '172.18.0.7');
  const query = ask('db', TYPE.A);
  assert.deepEqual(addressesIn(query, answerLocally(query, viewOf(endpoint('me', '172.18.0.2', { links: ['mysql:db'] }), db), 0)), ['172.18.0.7']);
  assert.equal(answerLocally(query, viewOf(endpoint('other', '172.18.0.3'), db), 0), undefined);
  const whole = ask('DB.app', TYPE.A);
  assert.deepEqual(addressesIn(whole, answerLocally(whole, viewOf(endpoint('me', '172.18.0.2', { links: ['mysql:db'] }), db), 0)), ['172.18.0.7'], 'with its network behind it, as any name');
});

test('addresses are looked up in reverse, both families', () => {
  assert.equal(addressOfReverseName('2.0.18.172.in-addr.arpa'), '172.18.0.2');
  assert.equal(addressOfReverseName(`2.${'0.'.repeat(29)}d.f.ip6.arpa`), 'fd00::2');
  assert.equal(addressOfReverseName('2.18.172.in-addr.arpa'), undefined);
  const seats = viewOf(endpoint('web', '172.18.0.2'));
  const response = answerLocally(ask('2.0.18.172.in-addr.arpa', TYPE.PTR), seats, 0);
  assert.ok(response?.includes(encodeName('web.app')));
  assert.equal(answerLocally(ask('9.0.18.172.in-addr.arpa', TYPE.PTR), seats, 0), undefined);
});

test('an answer that is too long for the client is cut to what fits, with the TC flag', () => {
  const many = Array.from({ length: 60 }, (_, i) => ({ type: TYPE.A, ttl: 1, data: Uint8Array.of(10, 0, 0, i) }));
  const plain = ask('pool', TYPE.A);
  const cut = fitUdp(plain, encodeResponse(plain, RCODE.NOERROR, many));
  assert.ok(cut.length <= 512 && cut.length > 512 - 16);
  assert.ok(cut.readUInt16BE(2) & 0x0200);
  assert.deepEqual([cut.readUInt16BE(6), cut.subarray(-4)], [30, Buffer.of(10, 0, 0, 29)]);
  const small = ask('pool', TYPE.A, { edns: 600 });
  const cutToo = fitUdp(small, encodeResponse(small, RCODE.NOERROR, many));
  assert.ok(cutToo.length <= 600);
  assert.deepEqual([parseResponse(small, cutToo)?.truncated, parseResponse(small, cutToo)?.ttlOffsets.length, cutToo.readUInt16BE(10), cutToo.at(-9)], [true, cutToo.readUInt16BE(6), 1, 41]);
  const text = { type: 16, ttl: 1, data: Buffer.alloc(700) };
  assert.equal(fitUdp(plain, encodeResponse(plain, RCODE.NOERROR, [text])).readUInt16BE(6), 0, 'no record fits');
  const wide = ask('pool', TYPE.A, { edns: 4096 });
  assert.equal(fitUdp(wide, encodeResponse(wide, RCODE.NOERROR, many)).readUInt16BE(6), 60);
});

test('responses are kept as long as they say, and grow old', () => {
  let now = 0;
  const cache = new DnsCache(() => now);
  const query = ask('Example.com', TYPE.A, { id: 1 });
  cache.store('up', query, encodeResponse(query, RCODE.NOERROR, [{ type: TYPE.A, ttl: 30, data: Uint8Array.of(1, 2, 3, 4) }]));
  now = 10_000;
  const again = ask('eXample.com', TYPE.A, { id: 2 });
  const hit = cache.find('up', again);
  assert.ok(hit);
  assert.equal(hit.readUInt16BE(0), 2, 'its own id');
  assert.deepEqual(hit.subarray(12, again.questionEnd), again.bytes.subarray(12, again.questionEnd), 'its own spelling');
  assert.equal(hit.readUInt32BE(again.questionEnd + 6), 20);
  assert.equal(cache.find('elsewhere', again), undefined);
  assert.equal(cache.find('up', ask('example.com', TYPE.AAAA)), undefined);
  now = 30_000;
  assert.equal(cache.find('up', again), undefined);
});

test('what is kept has a bound in bytes too, however long questions and answers are; the oldest goes', () => {
  const cache = new DnsCache();
  const plain = ask('example.com', TYPE.A);
  const answer = [{ type: TYPE.A, ttl: 30, data: Uint8Array.of(1, 2, 3, 4) }];
  const long = (number: number) => {
    const query = ask(`n${number}.example.com`, TYPE.A, { edns: 4096 });
    return { ...query, edns: { payload: 4096, dnssec: false, options: '0'.repeat(120_000) } };
  };
  const all = Array.from({ length: 300 }, (_, number) => long(number));
  cache.store('up', plain, encodeResponse(plain, RCODE.NOERROR, answer));
  for (const query of all) for (let again = 0; again < 2; again++) cache.store('up', query, encodeResponse(query, RCODE.NOERROR, answer));
  assert.equal(cache.size, 139, '16 MB of them');
  assert.deepEqual([plain, ...all].map((query) => cache.find('up', query) !== undefined), [false, ...all.map((_, number) => number >= 161)]);
  assert.equal(cache.size, 139, 'finding takes no room');
});

test('failures and truncated answers are not kept', () => {
  const cache = new DnsCache();
  const query = ask('example.com', TYPE.A);
  cache.store('up', query, encodeResponse(query, RCODE.SERVFAIL, []));
  const truncated = encodeResponse(query, RCODE.NOERROR, [{ type: TYPE.A, ttl: 30, data: Uint8Array.of(1, 2, 3, 4) }]);
  truncated.writeUInt16BE(truncated.readUInt16BE(2) | 0x0200, 2);
  cache.store('up', query, truncated);
  assert.equal(cache.size, 0);
});

test('a response to another question is none', () => {
  const query = ask('a.example', TYPE.A);
  assert.equal(parseResponse(query, encodeResponse(ask('b.example', TYPE.A), RCODE.NOERROR, [])), undefined);
  assert.equal(parseResponse(query, query.bytes), undefined);
  const right = encodeResponse(query, RCODE.NOERROR, [{ type: TYPE.A, ttl: 1, data: Uint8Array.of(1, 2, 3, 4) }]);
  assert.ok(parseResponse(query, right));
  const name = encodeName('a.example');
  const byPointer = Buffer.concat([right.subarray(0, 12), Uint8Array.of(0xc0, 18, 0, TYPE.A, 0, 1), name, right.subarray(query.questionEnd + 2)]);
  assert.equal(parseResponse(query, byPointer), undefined, 'its question is of another length');
  assert.equal(readdress(query, encodeResponse(query, 0, []), [], 0).readUInt16BE(0), query.id);
});

test('TCP messages are found wherever the stream is cut', () => {
  const stream = Buffer.concat([frame(Buffer.from('one')), frame(Buffer.from('three'))]);
  for (let cut = 0; cut <= stream.length; cut++) {
    const got: string[] = [];
    const receive = unframe((message) => got.push(message.toString()));
    receive(stream.subarray(0, cut));
    receive(stream.subarray(cut));
    assert.deepEqual(got, ['one', 'three']);
  }
});
