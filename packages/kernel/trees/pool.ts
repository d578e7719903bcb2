import { WorkerPool, workerUrl } from '#base';
import type { Jobs } from './jobs.ts';

/** The threads that work on large trees. */
export const pool = new WorkerPool<Jobs>(() => workerUrl('trees', import.meta.url));
