import assert from 'node:assert/strict';
import { test } from 'node:test';
import { contains, formatCidr, formatIp, ipBytes, ipFromBytes, overlaps, parseCidr, parseIp, sizeOf } from './ip.ts';

const cidr = (text: string) => parseCidr(text) ?? assert.fail(`${text} is a CIDR block`);
const ip = (text: string) => parseIp(text) ?? assert.fail(`${text} is an address`);

test('addresses read back as their canonical text', () => {
  const cases = { '172.17.0.2': '172.17.0.2', '::': '::', '::1': '::1', '2001:DB8:0:0:1:0:0:1': '2001:db8::1:0:0:1', 'fe80::1:0:0:0': 'fe80::1:0:0:0', '1:0:2:3:4:5:6:7': '1:0:2:3:4:5:6:7', '::ffff:192.0.2.1': '::ffff:c000:201' };
  for (const [text, canonical] of Object.entries(cases)) assert.equal(formatIp(ip(text)), canonical);
});

test('what is no address is refused', () => {
  for (const text of ['', 'foo', '1.2.3', '1.2.3.256', '1.2.3.4/8', 'fe80::1%eth0', ':::']) assert.equal(parseIp(text), undefined, text);
});

test('bytes are in network order and invertible', () => {
  assert.deepEqual([...ipBytes(ip('172.17.0.2'))], [172, 17, 0, 2]);
  assert.deepEqual(ipFromBytes(ipBytes(ip('fd00::2'))), ip('fd00::2'));
  assert.throws(() => ipFromBytes(new Uint8Array(5)), /4 or 16 bytes/);
});

test('a block drops its host bits', () => {
  assert.equal(formatCidr(cidr('10.77.0.9/24')), '10.77.0.0/24');
  assert.equal(formatCidr(cidr('fd00::1/64')), 'fd00::/64');
  assert.equal(sizeOf(cidr('0.0.0.0/0')), 1n << 32n);
});

test('what is no block is refused', () => {
  for (const text of ['foo', '10.0.0.0', '10.0.0.0/33', '10.0.0.0/', '10.0.0.0/-1', '10.0.0.0/08', 'fd00::/129', '/8']) assert.equal(parseCidr(text), undefined, text);
});

test('containment and overlap', () => {
  assert.ok(contains(cidr('10.0.0.0/8'), ip('10.255.255.255')));
  assert.ok(!contains(cidr('10.0.0.0/8'), ip('11.0.0.0')));
  assert.ok(!contains(cidr('::/0'), ip('10.0.0.1')), 'families are apart');
  assert.ok(overlaps(cidr('172.16.0.0/12'), cidr('172.17.0.0/16')));
  assert.ok(!overlaps(cidr('172.17.0.0/16'), cidr('172.18.0.0/16')));
});
