/**
 * CRIU's service (criu.org "RPC"; images/rpc.proto): one request over a socket of packets, and what CRIU tells meanwhile,
 * each of which it waits for an answer to.
 *
 *   we    request ▸                ▸ go on ▸            …  until the answer to the request itself
 *   CRIU            ◂ notification            ◂ answer
 */
import { Internal, tolerating } from '#base';
import type { PacketSocket } from '#kernel';
import { decodeProto, encodeProto, type ProtoFields } from './protobuf.ts';

/** enum criu_req_type. */
export const CriuVerb = { dump: 1, restore: 2, preDump: 4, notify: 6, featureCheck: 9 } as const;
const names: Readonly<Record<number, string>> = { 1: 'DUMP', 2: 'RESTORE', 4: 'PRE_DUMP', 6: 'NOTIFY', 9: 'FEATURE_CHECK' };

/** What CRIU tells: its script's name ("post-dump", "setup-namespaces" …), the first process where there is one, what came along. */
export interface Notification {
  readonly script: string;
  readonly pid: number;
  readonly descriptors: readonly number[];
}

export interface Conversation {
  readonly socket: PacketSocket;
  /** Where CRIU says more, for the message of a failure. */
  readonly log: string;
  /** CRIU goes on when it resolves. */
  notified?(notification: Notification): Promise<void>;
}

export interface CriuAnswer {
  /** Of the restored first process. */
  readonly pid: number;
  /** CRIU's features: of memory tracking and pages that follow later. */
  readonly tracksMemory: boolean;
  readonly lazyPages: boolean;
}

/** Asks once. Throws Internal in runC's words for what CRIU fails at, and whatever `notified` throws. */
export async function askCriu({ socket, log, notified }: Conversation, request: ProtoFields): Promise<CriuAnswer> {
  let asked = Number(request[1]);
  socket.send(encodeProto(request));
  for (;;) {
    const { bytes, descriptors } = await socket.receive();
    if (bytes.length === 0) throw new Internal(`criu failed: unexpected EOF\nlog file: ${log}`);
    const answer = decodeProto(bytes);
    if (answer.get(2) !== 1) throw new Internal(`criu failed: type ${names[asked] ?? asked} errno ${Number(answer.get(7) ?? 0)}\nlog file: ${log}`);
    if (answer.get(1) !== CriuVerb.notify) return readAnswer(answer);
    await notified?.(readNotification(part(answer, 5), descriptors));
    asked = CriuVerb.notify;
    goOn(socket);
  }
}

/** Who has gone meanwhile is found gone at the next packet. */
function goOn(socket: PacketSocket): void {
  tolerating(['EPIPE'], undefined, () => socket.send(encodeProto({ 1: CriuVerb.notify, 3: true })));
}

function readAnswer(answer: ReadonlyMap<number, number | Buffer>): CriuAnswer {
  const features = part(answer, 8);
  return { pid: Number(part(answer, 4).get(1) ?? 0), tracksMemory: features.get(1) === 1, lazyPages: features.get(2) === 1 };
}

function readNotification(notify: ReadonlyMap<number, number | Buffer>, descriptors: readonly number[]): Notification {
  return { script: String(notify.get(1) ?? ''), pid: Number(notify.get(2) ?? 0), descriptors };
}

function part(message: ReadonlyMap<number, number | Buffer>, field: number): ReadonlyMap<number, number | Buffer> {
  const bytes = message.get(field);
  return bytes instanceof Buffer ? decodeProto(bytes) : new Map();
}
