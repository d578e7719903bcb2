import type { Platform } from '#spec';
import type { Engine } from '../context.ts';
import type { ApiReply } from '../router.ts';
import { writeOrWait } from '../streams.ts';
import { publishImage } from './publish.ts';

export interface SaveImages {
  readonly names: readonly string[];
  /** An image that fits none of them is refused; empty: all do. */
  readonly platforms: readonly Platform[];
  readonly signal: AbortSignal;
}

/** Streams a tar of the named images. What fails before its first byte is an ordinary error; later the connection breaks. */
export async function saveImages(engine: Pick<Engine, 'images' | 'events'>, { names, platforms, signal }: SaveImages, reply: ApiReply): Promise<void> {
  const tar = engine.images.save(names, platforms)[Symbol.asyncIterator]();
  try {
    let piece = await tar.next();
    const out = reply.stream(200, 'application/x-tar');
    for (; !piece.done; piece = await tar.next()) if (!(await writeOrWait(out, piece.value, signal))) return;
    out.end();
  } finally {
    await tar.return?.();
  }
  for (const name of names) {
    const image = engine.images.lookup(name);
    if (image) publishImage(engine, 'save', image);
  }
}
