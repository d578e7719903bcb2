import assert from 'node:assert/strict';
import { test } from 'node:test';
import { splitSysctls } from './sysctls.ts';

test('sysctls that name an interface wait for it, where one comes', () => {
  const Sysctls = { 'net.ipv4.conf.eth0.forwarding': '1', 'net.ipv6.neigh.eth1.app_solicit': '2', 'net.ipv6.conf.all.disable_ipv6': '1', 'net.ipv4.conf.lo.forwarding': '1', 'kernel.msgmax': '1' };
  const { early, ofInterfaces } = splitSysctls({ Sysctls, NetworkMode: 'bridge' });
  assert.deepEqual(Object.keys(ofInterfaces), ['net.ipv4.conf.eth0.forwarding', 'net.ipv6.neigh.eth1.app_solicit']);
  assert.deepEqual(Object.keys(early), ['net.ipv6.conf.all.disable_ipv6', 'net.ipv4.conf.lo.forwarding', 'kernel.msgmax']);
  const on = { 'net.ipv6.conf.all.disable_ipv6': '0' };
  assert.deepEqual(splitSysctls({ Sysctls: on, NetworkMode: 'bridge' }), { early: on, ofInterfaces: on });
  assert.deepEqual(splitSysctls({ Sysctls: on, NetworkMode: 'host' }), { early: on, ofInterfaces: {} });
  assert.deepEqual(splitSysctls({ Sysctls, NetworkMode: 'none' }), { early: Sysctls, ofInterfaces: {} });
});
