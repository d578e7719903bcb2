import assert from 'node:assert/strict';
import { closeSync } from 'node:fs';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { test } from 'node:test';
import { holdPort, openBound } from './ports.ts';

const address = '127.0.0.1';

async function freePort(): Promise<number> {
  const probe = createSocket('udp4').bind(0, address);
  await once(probe, 'listening');
  const { port } = probe.address();
  await new Promise<void>((resolve) => probe.close(resolve));
  return port;
}

for (const options of [{}, { served: true }]) {
  test(`a datagram port that is held ${JSON.stringify(options)} is nobody else's, though he would share it`, async () => {
    const port = await freePort();
    const held = holdPort({ protocol: 'udp', address, port }, options);
    try {
      assert.throws(() => closeSync(openBound({ protocol: 'udp', address, port })), { code: 'EADDRINUSE' });
      const sharer = createSocket({ type: 'udp4', reuseAddr: true }).bind(port, address);
      const [error] = await Promise.race([once(sharer, 'error'), once(sharer, 'listening').then(() => [undefined])]) as [NodeJS.ErrnoException | undefined];
      if (!error) sharer.close();
      assert.equal(error?.code, 'EADDRINUSE');
    } finally {
      held[Symbol.dispose]();
    }
  });
}
