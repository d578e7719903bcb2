import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Duplex, PassThrough } from 'node:stream';
import { test } from 'node:test';
import type { Attachment } from '#runtime';
import { carry } from './attachment.ts';

/** An attachment whose output is `pieces`, and then nothing more for ever. */
function attachmentOf(pieces: number): Attachment & { disposed: boolean } {
  return {
    disposed: false,
    stdin: undefined,
    output: (async function* () {
      for (let i = 0; i < pieces; i++) yield { stream: 1 as const, bytes: Buffer.alloc(100) };
      await new Promise(() => undefined);
    })(),
    async [Symbol.asyncDispose]() {
      this.disposed = true;
    },
  } as Attachment & { disposed: boolean };
}

test('who left before his attachment was carried is not waited for', async () => {
  const socket = new PassThrough();
  socket.destroy();
  await once(socket, 'close');
  const attachment = attachmentOf(0);
  assert.equal(await carry({ attachment, socket, framed: true, detachKeys: undefined, closesStdin: true }), 'gone');
  assert.equal(attachment.disposed, true);
});

test('a reader who is waited for again and again leaves nothing behind each time', async () => {
  let listeners = 0;
  let written = 0;
  const socket = new Duplex({
    writableHighWaterMark: 1,
    read() {},
    write(_bytes, _encoding, done) {
      setImmediate(() => {
        listeners = Math.max(listeners, this.listenerCount('close') + this.listenerCount('error'));
        if (++written === 200) this.destroy();
        else done();
      });
    },
  });
  assert.equal(await carry({ attachment: attachmentOf(1000), socket, framed: true, detachKeys: undefined, closesStdin: true }), 'gone');
  assert.ok(listeners < 10, `${listeners} listeners`);
});
