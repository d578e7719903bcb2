import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addAddress, addNeighbour, addRoute, parseAddress, parseRoute } from './address.ts';
import { createBridge, createIpvlan, createMacvlan, createVeth, deleteLink, getLink, indexOfLink, listLinks, parseLink, setBridgePort, setLink } from './link.ts';
import { decode, encode, NLM_F, type NetlinkRequest } from './message.ts';

/** Bytes of a request as hex, little endian as on every machine that Naru runs on; words split for reading. */
const hex = (request: NetlinkRequest): string => encode(request, 1, NLM_F.REQUEST | NLM_F.ACK).toString('hex');
const bytes = (...words: string[]): string => words.join('').replaceAll(' ', '');

test('a link is set up: struct ifinfomsg with flag and change mask', () => {
  assert.equal(hex(setLink(1, { up: true })), bytes('20000000 1300 0500 01000000 00000000', '00000000 01000000 01000000 01000000'));
});

test('a bridge is made with name, mac and mtu', () => {
  const expected = bytes(
    '50000000 1000 0506 01000000 00000000',
    '00000000 00000000 01000000 01000000',
    '0a00 0300 6e61727530 00 0000', // IFNAME "naru0"
    '0a00 0100 0242ac110001 0000', // ADDRESS
    '0800 0400 dc050000', // MTU 1500
    '1000 1280', // LINKINFO, nested
    '0b00 0100 627269646765 00 00', // KIND "bridge"
  );
  assert.equal(hex(createBridge({ name: 'naru0', mac: '02:42:ac:11:00:01', mtu: 1500, up: true })), expected);
});

test('a veth pair has its master here and its peer in the other namespace, in one message', () => {
  const actual = hex(createVeth({ name: 'nra', master: 3, up: true }, { name: 'eth0', mac: '02:42:ac:11:00:02', namespace: { pid: 77 } }));
  assert.ok(actual.includes(bytes('0800 0a00 03000000')), 'MASTER 3');
  for (const kind of ['1f', '20']) assert.equal(actual.split(bytes(`0800 ${kind}00 01000000`)).length - 1, 2, 'one queue of each kind at both ends');
  assert.ok(actual.includes(bytes('0900 0100 76657468 00 000000')), 'KIND "veth"');
  assert.ok(actual.includes(bytes('4800 0280', '4400 0180', '00000000 00000000 00000000 00000000', '0900 0300 65746830 00 000000', '0a00 0100 0242ac110002 0000', '0800 1f00 01000000', '0800 2000 01000000', '0800 1300 4d000000')), 'DATA { PEER { ifinfomsg, IFNAME eth0, ADDRESS, NUM_TX_QUEUES 1, NUM_RX_QUEUES 1, NET_NS_PID 77 } }');
});

test('bridge port flags travel as slave data, found by name', () => {
  const actual = hex(setBridgePort('nra', { hairpin: true, isolated: true }));
  assert.ok(actual.endsWith(bytes('2400 1280', '0b00 0400 627269646765 00 00', '1400 0580', '0500 0400 01 000000', '0500 2100 01 000000')), actual);
});

test('a macvlan names its parent, mode and namespace', () => {
  const actual = hex(createMacvlan({ name: 'eth0', parent: 4, namespace: { fd: 9 } }, 'bridge'));
  assert.ok(actual.includes(bytes('0800 0500 04000000', '0800 1c00 09000000')));
  assert.ok(actual.endsWith(bytes('0c00 0100 6d6163766c616e 00', '0c00 0280', '0800 0100 04000000')), actual);
});

test('an ipvlan has a mode of two bytes', () => {
  const actual = hex(createIpvlan({ name: 'eth0', parent: 4 }, 'l3'));
  assert.ok(actual.endsWith(bytes('0b00 0100 6970766c616e 00 00', '0c00 0280', '0600 0100 0100 0000')), actual);
});

test('an IPv4 address brings its broadcast address, an IPv6 one the flag against duplicate detection', () => {
  const v4 = bytes('30000000 1400 0505 01000000 00000000', '02 10 00 00 05000000', '0800 0200 ac110002', '0800 0100 ac110002', '0800 0400 ac11ffff');
  assert.equal(hex(addAddress({ index: 5, address: '172.17.0.2', prefix: 16 })), v4);
  const address = 'fd000000000000000000000000000002';
  const v6 = bytes('48000000 1400 0505 01000000 00000000', '0a 40 00 00 05000000', '1400 0200', address, '1400 0100', address, '0800 0800 02000000');
  assert.equal(hex(addAddress({ index: 5, address: 'fd00::2', prefix: 64 })), v6);
});

test('a default route has no destination, a link route link scope', () => {
  assert.equal(hex(addRoute({ destination: '0.0.0.0/0', gateway: '172.17.0.1', index: 2 })), bytes('2c000000 1800 0505 01000000 00000000', '02 00 00 00 fe 03 00 01 00000000', '0800 0500 ac110001', '0800 0400 02000000'));
  assert.equal(hex(addRoute({ destination: '10.0.0.0/8', index: 2 })), bytes('2c000000 1800 0505 01000000 00000000', '02 08 00 00 fe 03 fd 01 00000000', '0800 0100 0a000000', '0800 0400 02000000'));
  assert.throws(() => addRoute({ destination: 'nowhere' }), /invalid route destination: nowhere/);
});

test('a permanent neighbour', () => {
  assert.equal(hex(addNeighbour({ index: 2, address: '10.0.0.1', mac: '02:00:00:00:00:01' })), bytes('30000000 1c00 0505 01000000 00000000', '0200 0000 02000000 8000 0000', '0800 0100 0a000001', '0a00 0200 020000000001 0000'));
});

test('dumps and look-ups', () => {
  assert.equal(hex(listLinks()).slice(8, 16), bytes('1200 0503'));
  assert.ok(hex(getLink('eth0')).endsWith(bytes('0800 1d00 08000000', '0900 0300 65746830 00 000000')));
  assert.equal(hex(deleteLink(9)), bytes('20000000 1100 0500 01000000 00000000', '00000000 09000000 00000000 00000000'));
});

test('what the kernel tells of links, addresses and routes is read back', () => {
  const link = bytes('54000000 1000 0000 01000000 00000000', '0000 0100 07000000 43100000 00000000', '0a00 0300 6e61727530 00 0000', '0800 0400 dc050000', '0800 0500 02000000', '0500 1000 06 000000', '1000 1200', '0900 0100 76657468 00 000000');
  const [message] = decode(Buffer.from(link, 'hex'));
  assert.ok(message);
  assert.deepEqual(parseLink(message), { index: 7, name: 'naru0', kind: 'veth', mac: '', mtu: 1500, up: true, operational: true, master: 0, peer: 2, alias: '' });
  assert.equal(indexOfLink(message), 7);
  const [address] = decode(Buffer.from(hex(addAddress({ index: 5, address: '172.17.0.2', prefix: 16 })), 'hex'));
  assert.deepEqual(address && parseAddress(address), { index: 5, address: '172.17.0.2', prefix: 16 });
  const [route] = decode(Buffer.from(hex(addRoute({ destination: 'fd00::/8', gateway: 'fe80::1', index: 3, metric: 7 })), 'hex'));
  assert.deepEqual(route && parseRoute(route), { destination: 'fd00::/8', gateway: 'fe80::1', index: 3, metric: 7 });
  assert.equal(address && parseLink(address), undefined);
  assert.equal(address && indexOfLink(address), undefined);
});

test('a truncated or lying buffer yields whole messages only', () => {
  const whole = Buffer.from(hex(setLink(1, { up: true })), 'hex');
  assert.equal(decode(Buffer.concat([whole, whole.subarray(0, 20)])).length, 1);
  const lying = Buffer.from(whole);
  lying.writeUInt32LE(8, 0);
  assert.deepEqual(decode(lying), []);
});
