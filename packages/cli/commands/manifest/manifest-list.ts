/** The list that a set of manifests makes. */
import { mediaTypes } from '#spec';
import type { StoredManifest } from './store.ts';

/** An OCI index where the manifests are OCI's, else Docker's list, as `manifest push` sends it: indented by three blanks. */
export function listDocument(manifests: readonly StoredManifest[]): { readonly type: string; readonly text: string } {
  const type = manifests[0]?.Descriptor.mediaType === mediaTypes.ociManifest ? mediaTypes.ociIndex : mediaTypes.dockerList;
  const entries = manifests.map(({ Descriptor: { mediaType, size, digest, platform } }) => ({ mediaType, size, digest, platform }));
  return { type, text: JSON.stringify({ schemaVersion: 2, mediaType: type, manifests: entries }, undefined, 3) };
}
