/**
 * The images of a task that was to die with its shim (prctl(2), PR_SET_PDEATHSIG): a restored one would be killed as soon
 * as CRIU, which makes it, has gone. So its image says nothing of that (CRIU's images/core.proto).
 *
 *   core-PID.img   magic u32 | magic u32 | length u32 | core_entry { … thread_core = 5 { … pdeath_sig = 8 } }
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { mapProto } from './protobuf.ts';

const HEADER = 12;
const THREAD_CORE = 5;
const PDEATH_SIG = 8;

/** Rewrites the image of the process that is `pid` in its own pid namespace. */
export function forgetParentDeath(images: string, pid: number): void {
  const path = join(images, `core-${pid}.img`);
  writeFileSync(path, withoutParentDeath(readFileSync(path)));
}

/** A core image without that signal. Pure. */
export function withoutParentDeath(image: Buffer): Buffer {
  const header = Buffer.from(image.subarray(0, HEADER));
  const entry = mapProto(image.subarray(HEADER), (field, value) => (field === THREAD_CORE && value instanceof Buffer ? mapProto(value, (inner) => (inner === PDEATH_SIG ? undefined : 'same')) : 'same'));
  header.writeUInt32LE(entry.length, HEADER - 4);
  return Buffer.concat([header, entry]);
}
