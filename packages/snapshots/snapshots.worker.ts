/** The room's worker thread: layers and archives in and out of trees. */
import { serveJobs } from '#base';
import { clearThreadUmask, cloneRootOf, layOver } from '#kernel';
import { packRoot } from './archive/pack-root.ts';
import { unpackRoot } from './archive/unpack-root.ts';
import type { Jobs } from './jobs.ts';
import { decompress } from './layers/decompress.ts';
import { packLayer } from './layers/pack.ts';
import { unpackLayer } from './layers/unpack.ts';
import { changesOf } from './overlay/changes.ts';
import { beginsWithMember } from './trees/probe.ts';

clearThreadUmask();
serveJobs<Jobs>({
  decompress,
  unpack: unpackLayer,
  pack: packLayer,
  packRoot,
  unpackRoot,
  cloneRoot: ({ pid }) => cloneRootOf(pid),
  layOver: ({ root, place, trees }) => layOver(root, place, trees),
  probe: ({ source }) => beginsWithMember(source),
  changes: ({ upper, lowers }) => changesOf(upper, lowers),
});
