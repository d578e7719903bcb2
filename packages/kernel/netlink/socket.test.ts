import assert from 'node:assert/strict';
import { readdirSync, readlinkSync } from 'node:fs';
import { test } from 'node:test';
import { deleteLink } from './link.ts';
import { NetlinkError, openNetlinkThread } from './socket.ts';

/** Refused with and without root. */
const nobodysLink = deleteLink(0x7fff_ffff);

test('a thread that is disposed of with a request under way closes after the answer, and takes no other', async () => {
  const before = sockets(); // those of tests that share this process may close at any moment
  const thread = openNetlinkThread();
  const turns = [thread.run(nobodysLink), thread.run(nobodysLink)];
  thread[Symbol.dispose]();
  thread[Symbol.dispose]();
  await assert.rejects(thread.run(nobodysLink), { name: 'TypeError', message: 'the netlink socket is closed' });
  for (const turn of await Promise.allSettled(turns)) {
    assert.ok(turn.status === 'rejected' && turn.reason instanceof NetlinkError && /^(?:ENODEV|EPERM)$/.test(turn.reason.code), String(turn.status === 'rejected' && turn.reason));
  }
  await new Promise(setImmediate);
  assert.deepEqual(sockets().filter((socket) => !before.includes(socket)), []);
});

function sockets(): string[] {
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      const target = readlinkSync(`/proc/self/fd/${fd}`);
      return target.startsWith('socket:') ? [target] : [];
    } catch {
      return []; // the descriptor of this very listing
    }
  });
}
