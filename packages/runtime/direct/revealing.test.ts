import assert from 'node:assert/strict';
import { test } from 'node:test';
import { revealing } from './revealing.ts';

test('whole mounts of proc and sysfs are found, the last made first, but not those of the container', () => {
  const mountinfo = [
    '22 27 0:21 / /sys rw,nosuid shared:7 - sysfs sysfs rw',
    '23 27 0:22 / /proc rw,nosuid shared:13 - proc proc rw',
    '24 27 0:22 /sys /bound rw - proc proc rw',
    '25 27 8:1 / / rw - ext4 /dev/sda1 rw',
    '26 27 0:23 / /a\\040jail/proc rw - proc none rw',
    '28 27 0:24 / /bundle/rootfs/proc rw - proc proc rw',
    '',
  ].join('\n');
  assert.deepEqual(revealing(mountinfo, '/bundle/rootfs'), ['/a jail/proc', '/proc', '/sys']);
});
