import { mediaTypes } from '#spec';
import type { Descriptor, Manifest } from '#spec';
import type { LayerBlob } from '../records.ts';

const gzipTypes: readonly string[] = [mediaTypes.dockerLayerGzip, mediaTypes.ociLayerGzip];
const dockerTwins: Readonly<Record<string, string>> = { [mediaTypes.ociLayerGzip]: mediaTypes.dockerLayerGzip, [mediaTypes.ociLayer]: mediaTypes.dockerLayer };
const ociTwins: Readonly<Record<string, string>> = { [mediaTypes.dockerLayerGzip]: mediaTypes.ociLayerGzip, [mediaTypes.dockerLayer]: mediaTypes.ociLayer };

/**
 * The manifest of an image that came by none: Docker's schema 2 in Docker's own layout of the JSON, so that the same
 * image has the same digest wherever it is pushed from; OCI's where a layer is of a kind that schema 2 cannot name.
 */
export function makeManifest(config: { digest: Descriptor['digest']; size: number }, layers: readonly LayerBlob[], oci = false): { mediaType: string; bytes: Buffer } {
  const wantsOci = oci || layers.some((layer) => !gzipTypes.includes(layer.mediaType));
  const twins = wantsOci ? ociTwins : dockerTwins;
  const mediaType = wantsOci ? mediaTypes.ociManifest : mediaTypes.dockerManifest;
  const manifest: Manifest = {
    schemaVersion: 2,
    mediaType,
    config: { mediaType: wantsOci ? mediaTypes.ociConfig : mediaTypes.dockerConfig, size: config.size, digest: config.digest },
    layers: layers.map(({ digest, size, mediaType: type }) => ({ mediaType: twins[type] ?? type, size, digest })),
  };
  return { mediaType, bytes: Buffer.from(JSON.stringify(manifest, undefined, wantsOci ? undefined : 3)) };
}
