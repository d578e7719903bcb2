/** The room's worker thread: everything that reads or writes whole trees. */
import { serveJobs } from '#base';
import { packRoot } from './archive/pack-root.ts';
import { unpackRoot } from './archive/unpack-root.ts';
import type { Jobs } from './jobs.ts';
import { decompress } from './layers/decompress.ts';
import { packLayer } from './layers/pack.ts';
import { unpackLayer } from './layers/unpack.ts';
import { changesOf } from './overlay/changes.ts';
import { copyInto } from './trees/copy.ts';
import { hashOf } from './trees/hash.ts';
import { beginsWithMember } from './trees/probe.ts';
import { removeTreeSync } from './trees/remove.ts';
import { usageOf } from './trees/usage.ts';

serveJobs<Jobs>({
  decompress,
  unpack: unpackLayer,
  pack: packLayer,
  packRoot,
  unpackRoot,
  probe: ({ source }) => beginsWithMember(source),
  changes: ({ upper, lowers }) => changesOf(upper, lowers),
  copy: copyInto,
  hash: ({ path, owners }) => hashOf(path, owners),
  usage: ({ path }) => usageOf(path),
  remove: ({ path }) => removeTreeSync(path),
});
