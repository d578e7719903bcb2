import assert from 'node:assert/strict';
import { test } from 'node:test';
import { packetPair, PacketSocket } from '#kernel';
import { decodeProto, encodeProto } from './protobuf.ts';
import { askCriu, CriuVerb } from './service.ts';

const request = { 1: CriuVerb.dump, 2: { 1: 3 } };

/** CRIU's side: gives each answer once it has been asked again. */
async function criu(socket: PacketSocket, answers: readonly Buffer[]): Promise<number[]> {
  const heard: number[] = [];
  for (const answer of answers) {
    heard.push(Number(decodeProto((await socket.receive()).bytes).get(1)));
    socket.send(answer);
  }
  socket[Symbol.dispose]();
  return heard;
}

async function asked(...answers: readonly Buffer[]) {
  const { ours, theirs } = packetPair();
  using socket = ours;
  const told: string[] = [];
  const keeping = setInterval(() => undefined, 1000); // neither socket keeps the process
  try {
    const [heard, answer] = await Promise.all([
      criu(new PacketSocket(theirs), answers),
      askCriu({ socket, log: '/w/dump.log', notified: async ({ script, pid }) => void told.push(`${script} ${pid}`) }, request).catch((error: Error) => error.message),
    ]);
    return { heard, told, answer };
  } finally {
    clearInterval(keeping);
  }
}

const notice = (script: string, pid?: number) => encodeProto({ 1: CriuVerb.notify, 2: true, 5: { 1: script, 2: pid } });

test('it is told, answers each time, and gets what it asked for', async () => {
  const { heard, told, answer } = await asked(notice('pre-dump'), notice('post-restore', 70), encodeProto({ 1: CriuVerb.restore, 2: true, 4: { 1: 70 } }));
  assert.deepEqual([heard, told], [[1, 6, 6], ['pre-dump 0', 'post-restore 70']]);
  assert.deepEqual(answer, { pid: 70, tracksMemory: false, lazyPages: false });
});

test('failures are told as runC tells them', async () => {
  assert.equal((await asked(encodeProto({ 1: CriuVerb.dump, 2: false, 7: 3 }))).answer, 'criu failed: type DUMP errno 3\nlog file: /w/dump.log');
  assert.equal((await asked(notice('pre-dump'), encodeProto({ 1: CriuVerb.dump, 2: false }))).answer, 'criu failed: type NOTIFY errno 0\nlog file: /w/dump.log');
  assert.equal((await asked(notice('pre-dump'))).answer, 'criu failed: unexpected EOF\nlog file: /w/dump.log');
});
