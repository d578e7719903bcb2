/** The files of a zip archive that fits in memory (PKWARE's APPNOTE): stored or deflated, no encryption, no zip64. */
import { InvalidArgument } from '#base';

const endRecord = 0x06054b50;
const endLength = 22;
const longestComment = 0xffff;
const centralEntry = 0x02014b50;
const localEntry = 0x04034b50;

/** Names and contents, directories left out; no content above `largest` bytes. Throws InvalidArgument ("zip: not a valid zip file"). */
export function readZip(archive: Buffer, largest: number): Map<string, Buffer> {
  try {
    return filesOf(archive, largest);
  } catch (error) {
    if (error instanceof InvalidArgument) throw error;
    throw new InvalidArgument('zip: not a valid zip file', { cause: error }); // an offset that leads outside, or bytes that cannot be inflated
  }
}

function filesOf(archive: Buffer, largest: number): Map<string, Buffer> {
  const end = endOf(archive);
  const files = new Map<string, Buffer>();
  let at = archive.readUInt32LE(end + 16);
  for (let left = archive.readUInt16LE(end + 10); left > 0; left--) {
    if (archive.readUInt32LE(at) !== centralEntry) throw new InvalidArgument('zip: not a valid zip file');
    const lengths = [28, 30, 32].map((offset) => archive.readUInt16LE(at + offset));
    const [nameLength = 0, extra = 0, comment = 0] = lengths;
    const name = archive.toString('utf8', at + 46, at + 46 + nameLength);
    if (!name.endsWith('/')) files.set(name, contentOf(archive, at, largest));
    at += 46 + nameLength + extra + comment;
  }
  return files;
}

/** The record at the end, which a comment may follow. */
function endOf(archive: Buffer): number {
  for (let at = archive.length - endLength; at >= Math.max(0, archive.length - endLength - longestComment); at--) {
    if (archive.readUInt32LE(at) === endRecord) return at;
  }
  throw new InvalidArgument('zip: not a valid zip file');
}

/** The content of the file whose entry in the directory is at `entry`. */
function contentOf(archive: Buffer, entry: number, largest: number): Buffer {
  const method = archive.readUInt16LE(entry + 10);
  const packed = archive.readUInt32LE(entry + 20);
  const size = archive.readUInt32LE(entry + 24);
  const local = archive.readUInt32LE(entry + 42);
  if (archive.readUInt32LE(local) !== localEntry) throw new InvalidArgument('zip: not a valid zip file');
  if (size > largest) throw new InvalidArgument(`the file in the archive is larger than ${largest} bytes`);
  const start = local + 30 + archive.readUInt16LE(local + 26) + archive.readUInt16LE(local + 28);
  const bytes = archive.subarray(start, start + packed);
  if (method === 0) return bytes;
  if (method !== 8) throw new InvalidArgument('zip: unsupported compression algorithm');
  return process.getBuiltinModule('node:zlib').inflateRawSync(bytes, { maxOutputLength: largest });
}
