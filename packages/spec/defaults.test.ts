import assert from 'node:assert/strict';
import { test } from 'node:test';
import { allCapabilities, defaultCapabilities, parseCapability } from './defaults.ts';
import { isSignal, parseSignal } from './signals.ts';

test('the default capabilities make the mask that a process in a Docker container shows', () => {
  const mask = defaultCapabilities.reduce((bits, name) => bits | (1n << BigInt(allCapabilities.indexOf(name))), 0n);
  assert.equal(mask.toString(16), 'a80425fb');
  assert.equal(allCapabilities.length, 41);
});

test('capabilities are read in any case, with or without prefix', () => {
  assert.equal(parseCapability('net_admin', 'CapAdd'), 'CAP_NET_ADMIN');
  assert.equal(parseCapability('CAP_SYS_TIME', 'CapDrop'), 'CAP_SYS_TIME');
  assert.equal(parseCapability('all', 'CapAdd'), 'ALL');
  assert.throws(() => parseCapability('foo', 'CapAdd'), { message: 'invalid CapAdd: unknown capability: "CAP_FOO"' });
});

test('signals are read by name, number and real-time offset', () => {
  for (const [text, number] of [['TERM', 15], ['sigkill', 9], ['2', 2], ['RTMIN+3', 37], ['SIGRTMAX-1', 63], ['RTMIN', 34], ['99', 99], ['-1', -1], ['+5', 5], ['064', 64]] as const) {
    assert.equal(parseSignal(text), number, text);
  }
  for (const text of ['FOO', '0', '00', '9x', '0x9', '9'.repeat(20), '', 'RTMIN-1', 'RTMAX+1']) {
    assert.throws(() => parseSignal(text), { kind: 'InvalidArgument', message: `invalid signal: ${text}` });
  }
  assert.deepEqual([-1, 0, 1, 64, 65].map(isSignal), [false, false, true, true, false]);
});
