/** The room's worker thread: compressing layers. */
import { serveJobs } from '#base';
import { gzipFile } from './gzip.ts';
import type { Jobs } from './jobs.ts';

serveJobs<Jobs>({ gzip: gzipFile });
