import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeMessage, encodeMessage, MessageType } from './message.ts';

/** ResetFailedUnit("a.scope"), field by field. */
const recorded = Buffer.from(
  '6c010001' + '0c000000' + '01000000' + '9f000000' +
  '01016f00' + '19000000' + Buffer.from('/org/freedesktop/systemd1\0').toString('hex') + '000000000000' +
  '02017300' + '20000000' + Buffer.from('org.freedesktop.systemd1.Manager\0').toString('hex') + '00000000000000' +
  '03017300' + '0f000000' + Buffer.from('ResetFailedUnit\0').toString('hex') +
  '06017300' + '18000000' + Buffer.from('org.freedesktop.systemd1\0').toString('hex') + '00000000000000' +
  '08016700' + '01' + Buffer.from('s\0').toString('hex') + '00' + '07000000' + Buffer.from('a.scope\0').toString('hex'),
  'hex',
);

test('a message is the bytes that the specification says', () => {
  const fields = { path: '/org/freedesktop/systemd1', interface: 'org.freedesktop.systemd1.Manager', member: 'ResetFailedUnit', destination: 'org.freedesktop.systemd1', signature: 's' };
  const bytes = encodeMessage({ type: MessageType.call, serial: 1, fields, body: ['a.scope'] });
  assert.equal(bytes.toString('hex'), recorded.toString('hex'));
});

test('what is written is read again, and not before it is whole', () => {
  const signature = 'ybiuxtsoa(sv)aua(sa(sv))v';
  const body = [7, true, -5, 5, -5n, 2n ** 64n - 1n, 'text ü', '/path', [['Slice', { signature: 's', value: 'a.slice' }], ['PIDs', { signature: 'au', value: [1, 2] }]], [], [], { signature: '(ub)', value: [1, false] }];
  const bytes = encodeMessage({ type: MessageType.signal, serial: 9, fields: { member: 'X', replySerial: 3, signature }, body });
  for (let length = 0; length < bytes.length; length++) assert.equal(decodeMessage(bytes.subarray(0, length)), undefined);
  const { message, length } = decodeMessage(Buffer.concat([bytes, Buffer.from('more')])) ?? assert.fail();
  assert.equal(length, bytes.length);
  assert.deepEqual([message.type, message.serial, message.fields, message.body], [4, 9, { member: 'X', replySerial: 3, signature }, body]);
});

test('what is no message is refused', () => {
  assert.throws(() => decodeMessage(Buffer.alloc(16, 'B')), /not a little-endian message/);
  assert.throws(() => decodeMessage(Buffer.concat([Buffer.from([0x6c, 1, 0, 1]), Buffer.alloc(12, 0xff)])), /too long/);
});
