import { WorkerPool, workerUrl } from '#base';
import type { Jobs } from './jobs.ts';

/** The threads that pack and unpack layers and archives. */
export const pool = new WorkerPool<Jobs>(() => workerUrl('snapshots', import.meta.url));
