/** hosts and resolv.conf of a running container that joins networks and leaves them. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Daemon } from '../../support/daemon.ts';
import { busyboxTar } from '../../support/images.ts';

let daemon: Daemon;
before(async () => {
  daemon = await Daemon.start();
  await daemon.ok('docker', ['import', await busyboxTar(), 'busybox']);
});
after(async () => daemon?.[Symbol.asyncDispose]());

test('each seat shows in hosts; the resolver is the network\'s own while there is one; a person\'s changes stay', async () => {
  await daemon.ok('docker', ['run', '-d', '--name', 'seated', 'busybox', 'sleep', '1000']);
  await daemon.ok('docker', ['network', 'create', 'other']);
  const cat = (name: string) => daemon.ok('docker', ['exec', 'seated', 'cat', `/etc/${name}`]);
  const [hosts, resolver] = [await cat('hosts'), await cat('resolv.conf')];
  await daemon.ok('docker', ['network', 'connect', 'other', 'seated']);
  const address = await daemon.ok('docker', ['inspect', '-f', '{{.NetworkSettings.Networks.other.IPAddress}}', 'seated']);
  assert.ok((await cat('hosts')).endsWith(`\n${address}\t${await daemon.ok('docker', ['exec', 'seated', 'hostname'])}`));
  assert.match(await cat('resolv.conf'), /^nameserver 127\.0\.0\.11$/m);
  await daemon.ok('docker', ['network', 'disconnect', 'other', 'seated']);
  assert.deepEqual([await cat('hosts'), await cat('resolv.conf')], [hosts, resolver]);
  await daemon.ok('docker', ['exec', 'seated', 'sh', '-c', 'echo nameserver 192.0.2.1 >/etc/resolv.conf; echo 192.0.2.9 mine >>/etc/hosts']);
  await daemon.ok('docker', ['network', 'connect', 'other', 'seated']);
  assert.equal(await cat('resolv.conf'), 'nameserver 192.0.2.1');
  assert.match(await cat('hosts'), /^192\.0\.2\.9 mine$/m);
  await daemon.ok('docker', ['rm', '-f', 'seated']);
  await daemon.ok('docker', ['network', 'rm', 'other']);
});
