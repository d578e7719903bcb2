import assert from 'node:assert/strict';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { test } from 'node:test';
import { OwnSysctls } from './own-sysctls.ts';

const NAME = 'net/ipv4/ip_local_port_range';

test('a sysctl is found once and read each time; one that there is not stays undefined', () => {
  using sysctls = new OwnSysctls();
  for (let i = 0; i < 3; i++) assert.equal(sysctls.read(NAME), readFileSync(`/proc/sys/${NAME}`, 'utf8').trim());
  assert.equal(sysctls.read('net/ipv4/nothing_of_that_name'), undefined);
  assert.equal(descriptors(), 1);
  sysctls[Symbol.dispose]();
  assert.equal(descriptors(), 0);
});

function descriptors(): number {
  return readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`) === `/proc/sys/${NAME}`;
    } catch {
      return false; // the descriptor of this very listing
    }
  }).length;
}
