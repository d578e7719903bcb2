/** A worker thread that copies, hashes, measures and deletes whole trees. */
import { serveJobs } from '#base';
import { clearThreadUmask } from '../files/index.ts';
import { copyInto } from './copy.ts';
import { hashOf } from './hash.ts';
import type { Jobs } from './jobs.ts';
import { removeTreeSync } from './remove.ts';
import { usageOf } from './usage-of.ts';

clearThreadUmask();
serveJobs<Jobs>({
  copy: copyInto,
  hash: ({ path, owners }) => hashOf(path, owners),
  usage: ({ path }) => usageOf(path),
  remove: ({ path }) => removeTreeSync(path),
});
