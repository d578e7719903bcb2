import { WorkerPool, workerUrl } from '#base';
import type { Jobs } from './jobs.ts';

/** The threads that read and write trees for this room. */
export const pool = new WorkerPool<Jobs>(() => workerUrl('snapshots', import.meta.url));
