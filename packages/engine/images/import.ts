import { InvalidArgument, Unavailable } from '#base';
import { httpGet } from '#images';
import { familiarReference, parsePlatform, requireSupportedSystem } from '#spec';
import type { Engine } from '../context.ts';
import type { ProgressOutput } from '../progress/output.ts';
import { progressMessage } from '../progress/report.ts';
import { publishImage } from './publish.ts';
import { repositoryTag } from './tag.ts';

export interface ImportImage {
  /** `-` for the request's body, or a URL. */
  readonly source: string;
  readonly body: AsyncIterable<Uint8Array>;
  readonly repo: string;
  readonly tag: string;
  readonly message: string;
  readonly changes: readonly string[];
  readonly platform: string;
  readonly signal: AbortSignal;
}

type Room = Pick<Engine, 'images' | 'builder' | 'events'>;

/** Makes an image of one layer out of a root file system's tar; its id is the last line of the stream. */
export async function importImage(engine: Room, request: ImportImage, output: ProgressOutput): Promise<void> {
  const ref = repositoryTag(request.repo, request.tag);
  const platform = request.platform === '' ? undefined : parsePlatform(request.platform);
  if (platform) requireSupportedSystem(platform.os);
  const config = engine.builder.change({}, request.changes);
  const tar = request.source === '-' ? request.body : await download(request, output);
  const image = await engine.images.import(tar, {
    ...(ref ? { ref } : {}),
    message: request.message || `Imported from ${request.source}`,
    config,
    ...(platform ? { platform } : {}),
  });
  if (ref) publishImage(engine, 'tag', image, familiarReference(ref));
  publishImage(engine, 'import', image);
  output.write({ status: image.id });
}

/** Follows a URL, telling how far it is; without a scheme it is http. */
async function download({ source, signal }: ImportImage, output: ProgressOutput): Promise<AsyncIterable<Uint8Array>> {
  const url = source.includes('://') ? source : `http://${source}`;
  if (!URL.canParse(url)) throw new InvalidArgument(`parse "${url}": invalid URL`);
  const response = await httpGet(url, signal);
  if (Math.trunc((response.statusCode ?? 0) / 100) !== 2) {
    response.destroy();
    throw new Unavailable(`failed to GET ${url} with status ${response.statusCode} ${response.statusMessage}: `);
  }
  output.write({ status: `Downloading from ${url}` });
  return counted(response, Number(response.headers['content-length'] ?? 0), output);
}

async function* counted(body: AsyncIterable<Uint8Array>, total: number, output: ProgressOutput): AsyncIterable<Uint8Array> {
  let current = 0;
  let told = 0;
  for await (const chunk of body) {
    current += chunk.length;
    if (performance.now() - told >= 100) {
      told = performance.now();
      const { id: _, ...line } = progressMessage({ kind: 'progress', id: '', action: 'Importing', current, total });
      output.write(line);
    }
    yield chunk;
  }
}
