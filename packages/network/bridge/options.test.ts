import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bridgeOptionsOf } from './options.ts';

const optionsOf = (name: string, value: string) => bridgeOptionsOf({ internal: false, options: { [`com.docker.network.bridge.${name}`]: value } });

test('interfaces are named as the kernel and nft can write them', () => {
  assert.deepEqual(optionsOf('trusted_host_interfaces', 'eth0:eth1.10').trustedInterfaces, ['eth0', 'eth1.10']);
  assert.deepEqual(optionsOf('name', 'br0').trustedInterfaces, []);
  for (const name of ['a" . "b', 'a"b', 'a\\b', 'of-sixteen-bytes', '..']) {
    assert.throws(() => optionsOf('trusted_host_interfaces', name), { message: `invalid com.docker.network.bridge.trusted_host_interfaces value: ${JSON.stringify(name)} is not the name of an interface` });
    assert.throws(() => optionsOf('name', name), /is not the name of an interface$/);
  }
});
