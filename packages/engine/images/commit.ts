/** `docker commit`: a container's changes become a layer, its configuration an image's. */
import type { Image } from '#images';
import { familiarReference, type ContainerConfig, type ContainerDefaults, type ImageConfig } from '#spec';
import { requireLasting } from '../containers/permit.ts';
import { completeConfig } from '../containers/spec/complete.ts';
import { layOver } from '../containers/spec/merge-image.ts';
import type { ContainerRecord } from '../containers/store.ts';
import type { Engine } from '../context.ts';
import { naruVersion } from '../version.ts';
import { publishImage } from './publish.ts';
import { repositoryTag } from './tag.ts';

type Room = Pick<Engine, 'images' | 'containers' | 'supervisor' | 'builder' | 'events' | 'clock' | 'log'>;

export interface CommitContainer {
  readonly container: string;
  readonly repo: string;
  readonly tag: string;
  readonly comment: string;
  readonly author: string;
  /** Hold a running container still while its files are read. */
  readonly pause: boolean;
  readonly changes: readonly string[];
  /** What the image is to have; the container's own configuration fills in what it leaves open, as an image's does for a container. Undefined: that alone. */
  readonly config: Partial<ContainerConfig> | undefined;
}

/** Gives the new image. Throws NotFound, Conflict, InvalidArgument; leaves nothing then. */
export async function commitContainer(engine: Room, request: CommitContainer): Promise<Image> {
  const ref = repositoryTag(request.repo, request.tag);
  const container = engine.containers.find(request.container);
  requireLasting(engine, container.id, 'commit', 'commit');
  return held(engine, container.id, request.pause, () => commit(engine, container, ref, request));
}

async function commit(engine: Room, container: ContainerRecord, ref: ReturnType<typeof repositoryTag>, request: CommitContainer): Promise<Image> {
  const config = configFor(engine, container, request);
  const base = engine.images.lookup(container.image);
  const parentChain = engine.supervisor.spec(container.id).chainId;
  const layer = await engine.images.commitLayer(container.id, parentChain);
  const image = await engine.images.register(imageConfig(engine, container, base, config, layer, request), base ? { parent: base.id } : {});
  if (ref) {
    engine.images.tag(ref, image.id);
    publishImage(engine, 'tag', image, familiarReference(ref));
  }
  const attributes = { comment: request.comment, imageID: image.id, imageRef: ref ? familiarReference(ref) : '' };
  engine.events.publish('container', 'commit', container.id, { ...container.config.Labels, ...attributes, image: container.config.Image, name: container.name });
  return engine.images.find(image.id);
}

/** Runs `work` with the container paused, when it runs and that is wanted; it goes on afterwards whatever happens. */
export async function held<T>(engine: Pick<Room, 'supervisor' | 'containers'>, id: string, pause: boolean, work: () => Promise<T>): Promise<T> {
  if (!pause || engine.supervisor.state(id)?.status !== 'running') return work();
  using _ = marked(engine, id);
  if (!(await paused(engine, id))) return work();
  try {
    return await work();
  } finally {
    await resumed(engine, id);
  }
}

/**
 * Kept with the container, for the next daemon should this one be killed. One that is removed meanwhile needs no mark; where another
 * commit has it marked, that one takes it away.
 */
function marked({ containers }: Pick<Room, 'containers'>, id: string): Disposable {
  if (containers.get(id)?.heldForCommit) return { [Symbol.dispose]: () => undefined };
  const mark = (heldForCommit: boolean): void => void (containers.get(id) && containers.update(id, { heldForCommit }));
  mark(true);
  return { [Symbol.dispose]: () => mark(false) };
}

/** One that ended as it was paused, or that somebody else let go on, is not paused any more. */
async function resumed(engine: Pick<Room, 'supervisor'>, id: string): Promise<void> {
  if (engine.supervisor.state(id)?.status !== 'paused') return;
  try {
    await engine.supervisor.resume(id);
  } catch (error) {
    if (engine.supervisor.state(id)?.status === 'paused') throw error;
  }
}

/** False for a container that does not run, or that ends just now: its files hold still as they are. */
async function paused(engine: Pick<Room, 'supervisor'>, id: string): Promise<boolean> {
  try {
    await engine.supervisor.pause(id);
    return true;
  } catch (error) {
    if (engine.supervisor.state(id)?.status === 'running') throw error;
    return false;
  }
}

/** The changes are made to what the client gave, before the rest is filled in. */
function configFor({ builder }: Room, container: ContainerRecord, { config, changes }: CommitContainer): ContainerDefaults {
  if (!config) return builder.change(imageDefaults(container.config), changes);
  const own = builder.change(imageDefaults(completeConfig(config)), changes);
  return imageDefaults(layOver(completeConfig(own as Partial<ContainerConfig>), container.config as ContainerDefaults));
}

/** What an image keeps of a container's configuration: all of it, as dockerd does. */
function imageDefaults(config: ContainerConfig): ContainerDefaults {
  return structuredClone({ ...config, Env: config.Env ?? undefined }) as ContainerDefaults;
}

type Layer = Awaited<ReturnType<Engine['images']['commitLayer']>>;

function imageConfig(
  engine: Room,
  container: ContainerRecord,
  base: Image | undefined,
  config: ContainerDefaults,
  layer: Layer,
  { author, comment }: CommitContainer,
): ImageConfig {
  const created = new Date(engine.clock.now()).toISOString();
  const step = {
    created,
    ...(author ? { author } : {}),
    created_by: (container.config.Cmd ?? []).join(' '),
    ...(comment ? { comment } : {}),
    ...(layer.empty ? { empty_layer: true } : {}),
  };
  const below = base?.config.rootfs.diff_ids ?? [];
  return {
    created,
    ...(author ? { author } : {}),
    architecture: base?.config.architecture ?? '',
    os: base?.config.os ?? 'linux',
    ...(base?.config.variant ? { variant: base.config.variant } : {}),
    config,
    rootfs: { type: 'layers', diff_ids: layer.empty ? below : [...below, layer.diffId] },
    history: [...(base?.config.history ?? []), step],
    docker_version: naruVersion,
    container: container.id,
    container_config: { ...container.config },
  };
}
