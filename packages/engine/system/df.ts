/** `GET /system/df`: what images, containers and volumes take on disk. Bytes. */
import { InvalidArgument } from '#base';
import { chainIdsOf } from '#images';
import type { ImageSummary, VolumeResource } from '#spec';
import { listContainers } from '../containers/list.ts';
import type { ContainerSummary } from '../containers/summary.ts';
import type { Engine } from '../context.ts';
import { listImages } from '../images/list.ts';
import { isPlain, volumeResource } from '../volumes/resource.ts';
import { volumeUseCounts } from '../volumes/users.ts';

type Room = Pick<
  Engine,
  'images' | 'containers' | 'content' | 'clock' | 'supervisor' | 'networks' | 'lives' | 'snapshots' | 'volumes'
>;

const kinds = ['container', 'image', 'volume', 'build-cache'];

export interface ImageUsage extends Omit<ImageSummary, 'RepoTags' | 'RepoDigests'> {
  RepoTags: string[] | null;
  RepoDigests: string[] | null;
}

export interface DiskUsage {
  LayersSize: number;
  Images: ImageUsage[] | null;
  Containers: ContainerSummary[] | null;
  Volumes: VolumeResource[] | null;
  BuildCache: never[] | null;
}

/** `types` narrows to some kinds, none means all; what was not asked is null. Throws InvalidArgument for an unknown kind. */
export async function diskUsage(engine: Room, types: readonly string[]): Promise<DiskUsage> {
  const unknown = types.find((type) => !kinds.includes(type));
  if (unknown !== undefined) throw new InvalidArgument(`unknown object type: ${unknown}`);
  const wanted = (kind: string): boolean => types.length === 0 || types.includes(kind);
  const [images, containers, volumes] = await Promise.all([
    wanted('image') ? imageUsage(engine) : null,
    wanted('container') ? listContainers(engine, { all: true, limit: 0, size: true, filters: new Map() }) : null,
    wanted('volume') ? volumeUsage(engine) : null,
  ]);
  return {
    LayersSize: wanted('image') ? layersSize(engine) : 0,
    Images: images,
    Containers: containers,
    Volumes: volumes,
    BuildCache: wanted('build-cache') ? [] : null,
  };
}

async function imageUsage(engine: Room): Promise<ImageUsage[]> {
  const images = await listImages(engine, { all: false, filters: new Map(), sharedSize: true, manifests: false });
  const users = Map.groupBy(engine.containers.list(), (container) => container.image as string);
  return images.map((image) => ({ ...image, RepoTags: nullable(image.RepoTags), RepoDigests: nullable(image.RepoDigests), Containers: users.get(image.Id)?.length ?? 0 }));
}

/** Here, unlike in a list of images, dockerd has null for an image without. */
function nullable(names: string[]): string[] | null {
  return names.length > 0 ? names : null;
}

/** Each layer once, however many images stand on it. */
function layersSize(engine: Pick<Engine, 'images'>): number {
  const sizes = new Map<string, number>();
  for (const image of engine.images.list()) {
    const bytes = engine.images.layerSizes(image);
    chainIdsOf(image.config.rootfs.diff_ids).forEach((id, index) => sizes.set(id, bytes[index] ?? 0));
  }
  return sizes.values().reduce((sum, size) => sum + size, 0);
}

async function volumeUsage(engine: Pick<Engine, 'volumes' | 'containers'>): Promise<VolumeResource[]> {
  const users = volumeUseCounts(engine);
  return Promise.all(
    engine.volumes.list().filter(isPlain).map(async (volume) => ({
      ...volumeResource(volume),
      UsageData: { RefCount: users.get(volume.name) ?? 0, Size: await engine.volumes.usage(volume.name) },
    })),
  );
}
