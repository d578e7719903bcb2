/** DNS over TCP: each message after its length in two bytes (RFC 1035, 4.2.2). */

export function frame(message: Buffer): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(message.length);
  return Buffer.concat([length, message]);
}

/** A listener for a socket's data that calls `receive` with each whole message. */
export function unframe(receive: (message: Buffer) => void): (chunk: Buffer) => void {
  let pending: Buffer = Buffer.alloc(0);
  return (chunk) => {
    pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
    while (pending.length >= 2) {
      const end = 2 + pending.readUInt16BE(0);
      if (pending.length < end) return;
      receive(Buffer.from(pending.subarray(2, end)));
      pending = pending.subarray(end);
    }
  };
}
