import type { Image } from '#images';
import { familiarReference, type ImageManifestSummary, type ImageSummary, type Manifest, parseImageDocument } from '#spec';
import type { Engine } from '../context.ts';

/** An image as lists show it; figures that are asked for separately are -1. */
export function imageSummary(image: Image): ImageSummary {
  return {
    Containers: -1,
    Created: Math.trunc(image.created / 1000),
    Id: image.id,
    Labels: image.config.config?.Labels ?? null,
    ParentId: image.parent ?? '',
    RepoDigests: image.digests.map(familiarReference),
    RepoTags: image.tags.map(familiarReference),
    SharedSize: -1,
    Size: image.size,
  };
}

/** The manifest that the image came by (API 1.47): one, since one platform of an image is kept. Bytes. */
export async function manifestSummaries(engine: Pick<Engine, 'containers' | 'content'>, image: Image): Promise<ImageManifestSummary[]> {
  const descriptor = image.manifest;
  if (!descriptor) return [];
  const document = parseImageDocument(await engine.content.bytes(descriptor.digest), descriptor.mediaType);
  const content = document.kind === 'manifest' ? descriptor.size + contentOf(document.manifest) : descriptor.size;
  const { architecture, os, variant } = image.config;
  return [
    {
      ID: descriptor.digest,
      Descriptor: descriptor,
      Available: true,
      Size: { Content: content, Total: content + image.size },
      Kind: 'image',
      ImageData: {
        Platform: { architecture, os, ...(variant ? { variant } : {}) },
        Containers: engine.containers.list().filter((container) => container.image === image.id).map((container) => container.id),
        Size: { Unpacked: image.size },
      },
    },
  ];
}

function contentOf(manifest: Manifest): number {
  return manifest.layers.reduce((sum, layer) => sum + layer.size, manifest.config.size);
}
