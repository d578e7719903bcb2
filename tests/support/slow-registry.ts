/** A registry that is slow: images of one layer each, whose bytes drip out. Push is not in it. */
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';

const manifestType = 'application/vnd.oci.image.manifest.v1+json';
/** Milliseconds between two drips. */
const drip = 50;

interface Blob {
  readonly digest: string;
  readonly bytes: Buffer;
}

export class SlowRegistry implements AsyncDisposable {
  readonly #server: Server;
  readonly #blobs = new Map<string, Buffer>();
  readonly #manifests = new Map<string, Buffer>();
  /** Of each layer; may be changed while they come. */
  bytesPerSecond: number;
  /** How many layers are on their way just now. */
  dripping = 0;

  private constructor(bytesPerSecond: number) {
    this.bytesPerSecond = bytesPerSecond;
    this.#server = createServer((request, response) => this.#answer(request.url ?? '/', request.method === 'HEAD', response));
  }

  /** Holds images `slow-0:1` … with a layer of `size` bytes, each of which comes at that speed. */
  static async start(options: { readonly images: number; readonly size: number; readonly bytesPerSecond: number }): Promise<SlowRegistry> {
    const registry = new SlowRegistry(options.bytesPerSecond);
    for (let number = 0; number < options.images; number++) registry.#add(`slow-${number}`, options.size);
    registry.#server.listen(0, '127.0.0.1');
    await once(registry.#server, 'listening');
    return registry;
  }

  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  #add(name: string, size: number): void {
    const tar = Buffer.concat([header('noise', size), randomBytes(size), Buffer.alloc((512 - (size % 512)) % 512), Buffer.alloc(1024)]);
    const layer = this.#blob(gzipSync(tar, { level: 0 }));
    const config = this.#blob(Buffer.from(JSON.stringify({ architecture: process.arch === 'x64' ? 'amd64' : 'arm64', os: 'linux', config: {}, rootfs: { type: 'layers', diff_ids: [digestOf(tar)] } })));
    const descriptor = ({ digest, bytes }: Blob, mediaType: string) => ({ mediaType, digest, size: bytes.length });
    const manifest = {
      schemaVersion: 2,
      mediaType: manifestType,
      config: descriptor(config, 'application/vnd.oci.image.config.v1+json'),
      layers: [descriptor(layer, 'application/vnd.oci.image.layer.v1.tar+gzip')],
    };
    this.#manifests.set(name, Buffer.from(JSON.stringify(manifest)));
  }

  #blob(bytes: Buffer): Blob {
    const digest = digestOf(bytes);
    this.#blobs.set(digest, bytes);
    return { digest, bytes };
  }

  #answer(url: string, headOnly: boolean, response: ServerResponse): void {
    const [, name = '', kind, reference = ''] = /^\/v2\/(?:(.+)\/(manifests|blobs)\/(.+))?$/.exec(url) ?? [];
    const bytes = kind === 'manifests' ? this.#manifests.get(name) : this.#blobs.get(reference);
    if (!kind || !bytes) return void response.writeHead(kind ? 404 : 200).end('{}');
    response.writeHead(200, { 'Content-Type': kind === 'manifests' ? manifestType : 'application/octet-stream', 'Content-Length': bytes.length, 'Docker-Content-Digest': digestOf(bytes) });
    if (headOnly) response.end();
    else if (kind === 'manifests' || bytes.length < 10_000) response.end(bytes);
    else void this.#drip(bytes, response);
  }

  async #drip(bytes: Buffer, response: ServerResponse): Promise<void> {
    this.dripping++;
    for (let at = 0, piece = 0; at < bytes.length && !response.destroyed; at += piece) {
      piece = Math.ceil((this.bytesPerSecond * drip) / 1000);
      response.write(bytes.subarray(at, at + piece));
      await sleep(drip);
    }
    this.dripping--;
    response.end();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

function digestOf(bytes: Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

/** A tar header of a plain file (POSIX.1-1988 ustar). */
function header(name: string, size: number): Buffer {
  const block = Buffer.alloc(512);
  const fields: [number, string][] = [[0, name], [100, '0000644\0'], [108, '0000000\0'], [116, '0000000\0'], [124, `${size.toString(8).padStart(11, '0')}\0`], [136, '00000000000\0'], [148, '        '], [156, '0'], [257, 'ustar\x0000']];
  for (const [at, text] of fields) block.write(text, at, 'latin1');
  block.write(`${block.reduce((sum, byte) => sum + byte, 0).toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return block;
}
