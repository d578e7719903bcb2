import assert from 'node:assert/strict';
import { test } from 'node:test';
import { terse } from './complete.ts';

test('what is empty is left out, the options of a type are not', () => {
  const mount = { Type: 'volume', Source: '', Target: '/x', ReadOnly: false, BindOptions: null, VolumeOptions: { NoCopy: false, Labels: {}, Subpath: '', DriverConfig: { Name: '', Options: {} } } };
  assert.deepEqual(terse(mount), { Type: 'volume', Target: '/x', VolumeOptions: { DriverConfig: {} } });
  const whole = { Type: 'tmpfs', Target: '/x', ReadOnly: true, TmpfsOptions: { SizeBytes: 1, Mode: 0, Options: [['a', 'b']] } };
  assert.deepEqual(terse(whole), { ...whole, TmpfsOptions: { SizeBytes: 1, Options: [['a', 'b']] } });
  assert.deepEqual(terse({ Type: 'bind', BindOptions: {} }), { Type: 'bind', BindOptions: {} });
  assert.deepEqual(terse({ IPv4Address: '10.0.0.2', IPv6Address: '', LinkLocalIPs: [] }), { IPv4Address: '10.0.0.2' });
});
