/** Bodies: recorded ones made into bytes to send, received ones made into the recorded form. */
import { Readable } from 'node:stream';
import { gunzipSync } from 'node:zlib';
import { readTar, writeTar, type TarMember } from '#base';
import type { Frame, RecordedBody, RecordedEntry } from './format.ts';

/** The bytes of a request's body. */
export async function bytesOf(body: RecordedBody, substitute: (text: string) => string): Promise<Uint8Array> {
  switch (body.kind) {
    case 'json':
      return Buffer.from(`${substitute(JSON.stringify(body.json))}\n`);
    case 'text':
      return Buffer.from(body.text);
    case 'tar':
      return tarOf(body.entries);
    default:
      throw new Error(`a request with a ${body.kind} body cannot be sent again`);
  }
}

/** Reads what came in the form that the recording has. */
export async function bodyLike(recorded: RecordedBody, bytes: Buffer): Promise<RecordedBody> {
  switch (recorded.kind) {
    case 'json':
      return { kind: 'json', json: JSON.parse(bytes.toString()) };
    case 'ndjson':
      return { kind: 'ndjson', separator: recorded.separator, lines: bytes.toString().split(recorded.separator).filter(Boolean).map((line) => JSON.parse(line) as unknown) };
    case 'multiplexed':
      return { kind: 'multiplexed', frames: framesOf(bytes) };
    case 'tar':
      return { kind: 'tar', entries: await entriesOf(bytes) };
    case 'text':
      return { kind: 'text', text: bytes.toString() };
    case 'binary':
      return recorded;
  }
}

/** What each stream of a multiplexed body says as a whole: how it was cut into frames is chance. */
export function streamsOf(frames: readonly Frame[]): Record<number, string> {
  const streams: Record<number, string> = {};
  for (const frame of frames) {
    const text = frame.text ?? Buffer.from(frame.base64 ?? '', 'base64').toString();
    streams[frame.stream] = (streams[frame.stream] ?? '') + text;
  }
  return streams;
}

export function framesOf(bytes: Buffer): Frame[] {
  const frames: Frame[] = [];
  for (let at = 0; at + 8 <= bytes.length; ) {
    const size = bytes.readUInt32BE(at + 4);
    frames.push({ stream: bytes[at] ?? 0, text: bytes.subarray(at + 8, at + 8 + size).toString() });
    at += 8 + size;
  }
  return frames;
}

const types: Record<string, TarMember['type']> = { file: 'file', dir: 'directory', symlink: 'symlink', hardlink: 'hardlink' };

async function tarOf(entries: readonly RecordedEntry[]): Promise<Uint8Array> {
  const members = entries.map((entry) => {
    const content = Buffer.from(entry.json === undefined ? (entry.text ?? '') : JSON.stringify(entry.json));
    const { name, uid, gid, mtime, linkname } = entry;
    const type = types[entry.type] ?? 'file';
    const member: TarMember = { name, type, mode: Number(entry.mode), uid, gid, mtime, linkname: linkname ?? '' };
    return { member, body: type === 'file' ? content : '' };
  });
  return Buffer.concat(await Array.fromAsync(writeTar(members)));
}

async function entriesOf(bytes: Buffer): Promise<RecordedEntry[]> {
  const plain = bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes;
  const entries: RecordedEntry[] = [];
  for await (const { header, bytes: content } of readTar(Readable.from([plain]))) {
    const type = Object.keys(types).find((name) => types[name] === header.type) ?? header.type;
    const text = header.type === 'file' && header.size < 64_000 ? (await content()).toString() : undefined;
    entries.push({
      name: header.name.replace(/\/$/, ''), type, mode: `0o${header.mode.toString(8)}`, uid: header.uid, gid: header.gid,
      size: header.size, mtime: header.mtime, ...(header.linkname ? { linkname: header.linkname } : {}), ...(text === undefined ? {} : { text }),
    });
  }
  return entries;
}
