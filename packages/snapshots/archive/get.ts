import { pool } from '../pool.ts';
import { streamFrom } from '../trees/stream.ts';
import { absolutePath, baseName, inDockersWords, statIn, type PathStat } from './stat.ts';
import type { IdMap } from './ids.ts';
import { Root } from './resolve.ts';

/**
 * Archives what is at `path` in the root file system at `root`, for `docker cp` out of a container (Engine API,
 * `GET /containers/{id}/archive`). The first member is called by the path's last element, whatever links led there.
 * `ids` says as whom the container's owners are seen there. The root must stay reachable until the stream ends. Throws NotFound in dockerd's words.
 */
export function getArchive(root: string, path: string, container: string, ids?: IdMap): { stat: PathStat; stream: AsyncGenerator<Buffer> } {
  const absolute = absolutePath(path);
  using inside = new Root(root);
  let stat: PathStat;
  try {
    stat = statIn(inside, path);
  } catch (error) {
    throw inDockersWords(error, path, container);
  }
  const { stream } = streamFrom((ring) => pool.run('packRoot', { root, path: absolute, as: baseName(absolute), output: { ring }, ids }));
  return { stat, stream };
}

/** Archives a whole root file system, for `docker export`: names without a leading slash, no member for the root. `ids` as for `getArchive`. */
export function exportRoot(root: string, ids?: IdMap): AsyncGenerator<Buffer> {
  return streamFrom((ring) => pool.run('packRoot', { root, path: '/', as: '', output: { ring }, ids })).stream;
}
