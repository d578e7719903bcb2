import type { Registry } from './port.ts';

const uploadLifetime = 7 * 24 * 3600 * 1000;

/**
 * Deletes what nothing needs: uploads abandoned for a week, links of blobs that no manifest of their repository names
 * and that are older than `grace` milliseconds (a push uploads blobs before their manifest), bytes without a link.
 * Returns the bytes freed.
 */
export async function collectGarbage(registry: Registry, grace: number): Promise<number> {
  for (const upload of registry.index.uploadsBefore(Date.now() - uploadLifetime)) await registry.uploads.cancel(upload.repository, upload.id);
  registry.index.unlinkUnused(Date.now() - grace);
  const gone = await registry.content.collect(registry.index.reachable());
  return gone.reduce((bytes, blob) => bytes + blob.size, 0);
}
