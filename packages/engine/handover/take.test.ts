import assert from 'node:assert/strict';
import { once } from 'node:events';
import { closeSync } from 'node:fs';
import { mkdtempDisposable } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { sendDescriptors } from '#kernel';
import { Channel, handoverSocket, type Belongings } from './protocol.ts';
import { takeOver } from './take.ts';

const belongings: Belongings = { hosts: [], pid: 1, execs: [], waits: [], health: {} };
const givers = {
  'a daemon of this version': [{ ...belongings, endsFollow: true }, ['settled', '{"x":5}'], { x: 5 }],
  'one that told no ends yet': [belongings, ['settled'], {}],
} as const;

for (const [giver, [given, words, ends]] of Object.entries(givers)) {
  test(`${giver} hands over`, async () => {
    await using directory = await mkdtempDisposable(join(tmpdir(), 'naru-take-'));
    const server = createServer().listen(handoverSocket(directory.path));
    using _ = { [Symbol.dispose]: () => void server.close() };
    const asked = once(server, 'connection') as Promise<[Socket]>;
    const taking = takeOver({ execRoot: directory.path });
    const [socket] = await asked;
    const channel = new Channel(socket);
    assert.equal(await channel.hear(), 'take over');
    sendDescriptors((socket as unknown as { _handle: { fd: number } })._handle.fd, [1]);
    channel.say(JSON.stringify(given));
    const taken = await taking;
    for (const descriptor of taken?.descriptors ?? []) closeSync(descriptor);
    const serving = taken?.serving();
    assert.equal(await channel.hear(), 'serving');
    for (const word of words) channel.say(word);
    assert.deepEqual(await serving, ends);
    assert.equal(await channel.hear(), undefined);
  });
}
