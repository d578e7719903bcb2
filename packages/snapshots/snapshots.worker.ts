/** The room's worker thread: everything that reads or writes whole trees. */
import { serveJobs } from '#base';
import type { Jobs } from './jobs.ts';
import { decompress } from './layers/decompress.ts';
import { packLayer } from './layers/pack.ts';
import { unpackLayer } from './layers/unpack.ts';
import { changesOf } from './overlay/changes.ts';
import { removeTreeSync } from './trees/remove.ts';
import { usageOf } from './trees/usage.ts';

serveJobs<Jobs>({
  decompress,
  unpack: unpackLayer,
  pack: packLayer,
  changes: ({ upper, lowers }) => changesOf(upper, lowers),
  usage: ({ path }) => usageOf(path),
  remove: ({ path }) => removeTreeSync(path),
});
