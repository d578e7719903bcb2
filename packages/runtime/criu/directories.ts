import { closeSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import type { OpenDirectories } from './request.ts';

/** Makes the directories of images and logs, and opens them for CRIU, which finds them among our descriptors; `root`: as another process sees them. */
export function openDirectories({ images, work }: { readonly images: string; readonly work: string }, root = '/'): OpenDirectories & Disposable {
  for (const path of [images, work]) mkdirSync(path, { recursive: true, mode: 0o700 });
  using opened = new DisposableStack();
  const open = (path: string): number => opened.adopt(openSync(join(root, path), 'r'), closeSync);
  const descriptors = { images: open(images), work: open(work) };
  const held = opened.move();
  return { ...descriptors, [Symbol.dispose]: () => held.dispose() };
}
