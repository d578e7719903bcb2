/**
 * How layers are unpacked and packed: in worker threads, the snapshots room's for trees and this room's for gzip. Kept
 * behind this small interface so that what images do can be tested without root.
 */
import { WorkerPool, workerUrl } from '#base';
import type { Digest } from '#base';
import { applyLayer, diffLayer } from '#snapshots';
import type { GrowingFile } from './growing-file.ts';
import type { Jobs } from './jobs.ts';

export interface LayerCodec {
  readonly applyLayer: typeof applyLayer;
  readonly diffLayer: typeof diffLayer;
  /** Compresses a tar file into a gzip file; `growing` is told how far it is, for one who reads behind. */
  gzip(tarPath: string, gzipPath: string, growing: GrowingFile): Promise<{ digest: Digest; size: number }>;
}

const pool = new WorkerPool<Jobs>(() => workerUrl('images', import.meta.url));

/** The codec of a real machine. */
export const workerCodec: LayerCodec = { applyLayer, diffLayer, gzip };

async function gzip(tarPath: string, gzipPath: string, growing: GrowingFile): Promise<{ digest: Digest; size: number }> {
  const written = new SharedArrayBuffer(8);
  const stop = new AbortController();
  void follow(written, gzipPath, growing, stop.signal);
  try {
    const made = await pool.run('gzip', { tarPath, gzipPath, written });
    growing.finish(gzipPath, made.size);
    return made;
  } catch (error) {
    growing.fail(error);
    throw error;
  } finally {
    stop.abort();
    Atomics.notify(new BigInt64Array(written), 0);
  }
}

/** Passes the worker's counter on whenever it moves. */
async function follow(written: SharedArrayBuffer, path: string, growing: GrowingFile, signal: AbortSignal): Promise<void> {
  const counter = new BigInt64Array(written);
  for (let seen = 0n; !signal.aborted; ) {
    await Atomics.waitAsync(counter, 0, seen).value;
    seen = Atomics.load(counter, 0);
    if (seen > 0n && !signal.aborted) growing.grow(path, Number(seen));
  }
}
