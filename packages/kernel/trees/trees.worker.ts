/** A worker thread that copies, hashes, measures, labels and deletes whole trees, and looks whether this process sees all of its own. */
import { serveJobs } from '#base';
import { belowChroot, clearThreadUmask } from '../files/index.ts';
import { copyInto } from './copy.ts';
import { hashOf } from './hash.ts';
import type { Jobs } from './jobs.ts';
import { relabel } from './relabel.ts';
import { removeTreeSync } from './remove.ts';
import { usageOf } from './usage-of.ts';

clearThreadUmask();
serveJobs<Jobs>({
  copy: copyInto,
  hash: ({ path, owners }) => hashOf(path, owners),
  usage: ({ path }) => usageOf(path),
  belowChroot: () => belowChroot(),
  relabel,
  remove: ({ path }) => removeTreeSync(path),
});
