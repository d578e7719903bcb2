import { dirname, join } from 'node:path';
import type { Image } from '#images';
import { familiarReference, type ImageInspect } from '#spec';
import { rfc3339 } from '../clock.ts';
import type { Engine } from '../context.ts';
import type { ApiRequest } from '../router.ts';
import { manifestSummaries } from './summary.ts';

type Version = Pick<ApiRequest, 'atLeast'>;

/** Fields of a container that an image's configuration carried before API 1.50, set or not. */
const legacyConfig = {
  Hostname: '', Domainname: '', User: '', AttachStdin: false, AttachStdout: false, AttachStderr: false,
  Tty: false, OpenStdin: false, StdinOnce: false, Env: null, Cmd: null, Image: '', Volumes: null,
  WorkingDir: '', Entrypoint: null, OnBuild: null, Labels: null,
} as const;

/** Those of them that are always there still. */
const currentConfig = {
  User: '', Env: null, Cmd: null, Volumes: null, WorkingDir: '', Entrypoint: null, OnBuild: null, Labels: null,
} as const;

/** `GET /images/{name}/json` in the shape of the client's API version. */
export async function inspectImage(
  engine: Pick<Engine, 'containers' | 'content' | 'snapshots'>,
  image: Image,
  version: Version & Pick<ApiRequest, 'headers'>,
  options: { manifests: boolean },
): Promise<ImageInspect> {
  const { config } = image;
  return {
    Id: image.id,
    RepoTags: image.tags.map(familiarReference),
    RepoDigests: image.digests.map(familiarReference),
    Parent: image.parent ?? '',
    Comment: config.comment || (config.history?.at(-1)?.comment ?? ''),
    ...(config.created ? { Created: config.created } : version.atLeast('1.44') ? {} : { Created: rfc3339(undefined) }),
    ...(version.atLeast('1.45') && !isFirstCompose(version.headers) ? {} : { ...(config.container && { Container: config.container }), ContainerConfig: { ...legacyConfig, ...config.container_config } }),
    DockerVersion: config.docker_version ?? '',
    Author: config.author ?? '',
    Config: configOf(image, version),
    Architecture: config.architecture,
    ...(config.variant ? { Variant: config.variant } : {}),
    Os: config.os,
    ...(config['os.version'] ? { OsVersion: config['os.version'] } : {}),
    Size: image.size,
    ...(version.atLeast('1.44') ? {} : { VirtualSize: image.size }),
    GraphDriver: graphDriver(engine, image),
    RootFS: { Type: config.rootfs.type, Layers: config.rootfs.diff_ids },
    Metadata: { LastTagTime: rfc3339(image.lastTagged) },
    ...(image.manifest && version.atLeast('1.48') ? { Descriptor: image.manifest } : {}),
    ...(options.manifests && version.atLeast('1.48') ? { Manifests: await manifestSummaries(engine, image) } : {}),
  };
}

/** Compose 1.x asks in the daemon's newest version and then fails to recreate any container without the old fields. */
function isFirstCompose(headers: ApiRequest['headers']): boolean {
  return headers['user-agent']?.startsWith('docker-compose/1.') ?? false;
}

function configOf(image: Image, version: Version): Record<string, unknown> {
  const own: Record<string, unknown> = { ...image.config.config };
  if (!version.atLeast('1.50')) return { ...legacyConfig, ...own };
  for (const name of Object.keys(legacyConfig)) if (!(name in currentConfig)) delete own[name];
  return { ...currentConfig, ...own };
}

/** Where the image's layers lie, in the words of Docker's overlay2 driver. */
function graphDriver(engine: Pick<Engine, 'snapshots'>, image: Image): ImageInspect['GraphDriver'] {
  const name = engine.snapshots.driver;
  if (!image.chainId || !engine.snapshots.stat(image.chainId)) return { Data: {}, Name: name };
  const [own = '', ...lower] = engine.snapshots.lowerPaths(image.chainId);
  const home = dirname(own);
  return {
    Data: {
      ...(lower.length > 0 ? { LowerDir: lower.join(':') } : {}),
      MergedDir: join(home, 'merged'),
      UpperDir: own,
      WorkDir: join(home, 'work'),
    },
    Name: name,
  };
}
