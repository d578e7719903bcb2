import { serveJobs } from '#base';
import type { Jobs } from './jobs.ts';
import { checksumTree } from './tree-checksum.ts';
import { copyTree } from './tree-copy.ts';

serveJobs<Jobs>({ checksum: checksumTree, copy: copyTree });
