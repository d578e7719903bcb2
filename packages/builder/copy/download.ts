/** `ADD https://…`: one file, fetched each time the step is reached. */
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm, utimes } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { basename, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { Internal, InvalidArgument, NotFound } from '#base';
import { httpGet } from '#images';

export interface Download extends AsyncDisposable {
  /** The directory it lies in, alone. */
  readonly directory: string;
  /** Its name there and in the image; undefined when neither the address nor the server gives one. */
  readonly name: string | undefined;
}

export interface DownloadOptions {
  /** A directory to write in. */
  readonly scratch: string;
  readonly signal: AbortSignal;
  /** Bytes; `total` is 0 when the server does not say. */
  readonly progress: (current: number, total: number) => void;
}

/** What a file is called that has no name. */
export const unnamed = '__unnamed__';

export function isUrl(text: string): boolean {
  return /^https?:\/\//.test(text);
}

/** Fetches `url` into a directory of its own, mode 0600, with the server's Last-Modified as its time. Throws in Docker's words. */
export async function download(url: string, options: DownloadOptions): Promise<Download> {
  const response = await get(url, options.signal);
  const directory = await mkdtemp(join(options.scratch, 'download-'));
  try {
    const name = nameFromUrl(url) ?? nameFromHeader(response.headers['content-disposition']);
    const path = join(directory, name ?? unnamed);
    await save(response, path, options);
    const modified = Date.parse(response.headers['last-modified'] ?? '') / 1000 || 0;
    await utimes(path, modified, modified);
    return { directory, name, [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }) };
  } catch (error) {
    await rm(directory, { recursive: true, force: true });
    throw error;
  }
}

async function get(url: string, signal: AbortSignal): Promise<IncomingMessage> {
  const response = await httpGet(url, signal);
  const status = response.statusCode ?? 0;
  if (status >= 200 && status < 300) return response;
  const message = `failed to GET ${url} with status ${status} ${response.statusMessage}: ${(await text(response)).trim()}`;
  if (status === 404) throw new NotFound(message);
  throw status < 500 ? new InvalidArgument(message) : new Internal(message);
}

async function save(response: IncomingMessage, path: string, { signal, progress }: DownloadOptions): Promise<void> {
  const total = Number(response.headers['content-length'] ?? 0);
  let current = 0;
  const counted = async function* (chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      current += chunk.length;
      progress(current, total);
      yield chunk;
    }
  };
  await pipeline(response, counted, createWriteStream(path, { flags: 'wx', mode: 0o600 }), { signal });
}

function nameFromUrl(url: string): string | undefined {
  const path = decodeURIComponent(new URL(url).pathname);
  return path.endsWith('/') ? undefined : safeName(basename(path));
}

/** `attachment; filename="x.tar"`. */
function nameFromHeader(header: string | undefined): string | undefined {
  const [, quoted, plain] = /;\s*filename\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;]+))/i.exec(header ?? '') ?? [];
  const name = quoted?.replace(/\\(.)/g, '$1') ?? plain ?? '';
  return name.endsWith('/') ? undefined : safeName(basename(name));
}

function safeName(name: string): string | undefined {
  return name === '' || name === '.' || name === '..' || name.includes('\0') ? undefined : name;
}
