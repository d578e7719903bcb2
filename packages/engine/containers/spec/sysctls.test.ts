import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exampleHostConfig, exampleRecord } from '../../fakes.ts';
import { splitSysctls } from './sysctls.ts';

const split = (Sysctls: Record<string, string>, NetworkMode: string, ...networks: string[]) => splitSysctls(exampleRecord({ hostConfig: exampleHostConfig({ Sysctls, NetworkMode }), networks: Object.fromEntries(networks.map((name) => [name, {} as never])) }));

test('sysctls that name an interface wait for it, where one comes', () => {
  const Sysctls = { 'net.ipv4.conf.eth0.forwarding': '1', 'net.ipv6.neigh.eth1.app_solicit': '2', 'net.ipv6.conf.all.disable_ipv6': '1', 'net.ipv4.conf.lo.forwarding': '1', 'kernel.msgmax': '1' };
  const { early, ofInterfaces } = split(Sysctls, 'bridge', 'bridge');
  assert.deepEqual(Object.keys(ofInterfaces), ['net.ipv4.conf.eth0.forwarding', 'net.ipv6.neigh.eth1.app_solicit']);
  assert.deepEqual(Object.keys(early), ['net.ipv6.conf.all.disable_ipv6', 'net.ipv4.conf.lo.forwarding', 'kernel.msgmax']);
  const on = { 'net.ipv6.conf.all.disable_ipv6': '0' };
  assert.deepEqual(split(on, 'bridge', 'bridge'), { early: on, ofInterfaces: on });
  assert.deepEqual(split(on, 'host', 'host'), { early: on, ofInterfaces: {} });
  assert.deepEqual(split(Sysctls, 'none', 'none'), { early: Sysctls, ofInterfaces: {} });
  assert.deepEqual(split(Sysctls, 'container:other'), { early: Sysctls, ofInterfaces: {} });
  assert.deepEqual(split(Sysctls, 'none', 'later'), { early, ofInterfaces }, 'what it was made with is left');
});
