/** Engine API, images. */
import { InvalidArgument } from '#base';
import { containerConfig, type ContainerConfig, type Platform } from '#spec';
import { authOf, pushAuthOf } from '../auth/header.ts';
import type { Engine } from '../context.ts';
import { errorMessage, streamProgress } from '../progress/output.ts';
import type { ApiReply, ApiRequest, Route } from '../router.ts';
import { commitContainer } from './commit.ts';
import { imageHistory } from './history.ts';
import { importImage } from './import.ts';
import { inspectImage } from './inspect.ts';
import { imageFilters, listImages } from './list.ts';
import { loadImages } from './load.ts';
import { decodePlatform, requirePlatform } from './platform.ts';
import { imagePruneFilters, pruneImages } from './prune.ts';
import { pullImage } from './pull.ts';
import { pushImage } from './push.ts';
import { removeImage } from './remove.ts';
import { saveImages } from './save.ts';
import { searchImages } from './search.ts';
import { tagImage } from './tag.ts';

type Room = Pick<
  Engine,
  'images' | 'containers' | 'supervisor' | 'snapshots' | 'content' | 'builder' | 'events' | 'clock' | 'log'
>;

export function imageRoutes(engine: Room): Route[] {
  return [...reading(engine), ...changing(engine), ...moving(engine)];
}

function reading(engine: Room): Route[] {
  return [
    { method: 'GET', path: '/images/search', handle: async (request, reply) => reply.json(200, await searchImages(engine, request)) },
    { method: 'GET', path: '/images/json', handle: async (request, reply) => reply.json(200, await list(engine, request)) },
    {
      method: 'GET',
      path: '/images/{name:.*}/json',
      handle: async (request, reply) => {
        const options = { manifests: request.flag('manifests') };
        if (options.manifests && request.query.get('platform')) throw new InvalidArgument('conflicting options: manifests and platform options cannot both be set');
        const image = find(engine, request, '1.49');
        reply.json(200, await inspectImage(engine, image, request, options));
      },
    },
    {
      method: 'GET',
      path: '/images/{name:.*}/attestations',
      since: '1.55',
      handle: (request, reply) => {
        find(engine, request, '1.55');
        reply.json(200, []); // of an index only the manifest of this platform is kept, which has none beside it
      },
    },
    {
      method: 'GET',
      path: '/images/{name:.*}/history',
      handle: (request, reply) => reply.json(200, imageHistory(engine, find(engine, request, '1.48'))),
    },
  ];
}

function changing(engine: Room): Route[] {
  return [
    {
      method: 'POST',
      path: '/images/{name:.*}/tag',
      handle: (request, reply) => {
        reply.empty(tagImage(engine, nameOf(request), text(request, 'repo'), text(request, 'tag')) ? 201 : 200);
      },
    },
    {
      method: 'POST',
      path: '/images/prune',
      handle: async (request, reply) => reply.json(200, await pruneImages(engine, request.filters(imagePruneFilters))),
    },
    {
      method: 'DELETE',
      path: '/images/{name:.*}',
      handle: async (request, reply) => {
        const name = nameOf(request);
        for (const platform of request.query.getAll('platforms')) requirePlatform(engine.images.find(name), name, decodePlatform(platform));
        reply.json(200, await removeImage(engine, name, { force: request.flag('force'), prune: !request.flag('noprune') }));
      },
    },
    { method: 'POST', path: '/commit', handle: (request, reply) => commit(engine, request, reply) },
  ];
}

function moving(engine: Room): Route[] {
  return [
    { method: 'POST', path: '/images/create', bytes: true, handle: (request, reply) => create(engine, request, reply) },
    {
      method: 'POST',
      path: '/images/{name:.*}/push',
      handle: async (request, reply) => {
        requirePushed(engine, request);
        const push = { name: nameOf(request), tag: text(request, 'tag'), auth: await pushAuthOf(request), signal: request.signal };
        return streamProgress(reply, (output) => pushImage(engine, push, output));
      },
    },
    { method: 'GET', path: '/images/get', handle: (request, reply) => save(engine, request.query.getAll('names'), request, reply) },
    { method: 'GET', path: '/images/{name:.*}/get', handle: (request, reply) => save(engine, [nameOf(request)], request, reply) },
    { method: 'POST', path: '/images/load', bytes: true, handle: (request, reply) => load(engine, request, reply) },
  ];
}

/** The platform that a push asks for, which the image must be of: one is kept of each. */
function requirePushed(engine: Room, request: ApiRequest): void {
  const platform = request.atLeast('1.46') ? decodePlatform(request.query.get('platform')) : undefined;
  if (!platform) return;
  const tag = text(request, 'tag');
  const name = tag === '' ? nameOf(request) : `${nameOf(request)}:${tag}`;
  requirePlatform(engine.images.find(name), name, platform);
}

function list(engine: Room, request: ApiRequest) {
  const filters = new Map(request.filters(imageFilters));
  const repository = request.atLeast('1.41') ? '' : text(request, 'filter');
  if (repository !== '') filters.set('reference', [...(filters.get('reference') ?? []), repository]);
  const sharedSize = request.atLeast('1.42') && request.flag('shared-size');
  const manifests = request.atLeast('1.47') && request.flag('manifests');
  return listImages(engine, { all: request.flag('all'), filters, sharedSize, manifests }).then((images) =>
    images.map((image) => ({
      ...image,
      ...(request.atLeast('1.44') ? {} : { VirtualSize: image.Size }),
      ...(request.atLeast('1.43') || image.RepoTags.length + image.RepoDigests.length > 0 ? {} : nameless),
    })),
  );
}

/** How an image without names was shown before API 1.43. */
const nameless = { RepoTags: ['<none>:<none>'], RepoDigests: ['<none>@<none>'] };

/** The image of the path, for the platform asked for in API `since` and newer. */
function find(engine: Room, request: ApiRequest, since: string) {
  const name = nameOf(request);
  const image = engine.images.find(name);
  if (request.atLeast(since)) requirePlatform(image, name, decodePlatform(request.query.get('platform')));
  return image;
}

function create(engine: Room, request: ApiRequest, reply: ApiReply): Promise<void> {
  const platform = request.atLeast('1.32') ? text(request, 'platform') : '';
  const { signal } = request;
  const tag = text(request, 'tag');
  const fromImage = text(request, 'fromImage');
  return streamProgress(reply, (output) =>
    fromImage !== ''
      ? pullImage(engine, { fromImage, tag, platform, auth: authOf(request), signal }, output)
      : importImage(
          engine,
          {
            source: text(request, 'fromSrc'),
            body: request.body,
            repo: text(request, 'repo'),
            tag,
            message: text(request, 'message'),
            changes: request.query.getAll('changes'),
            platform,
            signal,
          },
          output,
        ),
  );
}

function save(engine: Room, names: readonly string[], request: ApiRequest, reply: ApiReply): Promise<void> {
  return saveImages(engine, { names, platforms: platformsOf(request), signal: request.signal }, reply);
}

/** The `platform` parameters of save and load, of which the versions before 1.52 knew one. */
function platformsOf(request: ApiRequest): Platform[] {
  const given = request.atLeast('1.48') ? request.query.getAll('platform') : [];
  if (given.length > 1 && !request.atLeast('1.52')) throw new InvalidArgument('multiple platform parameters not supported');
  return given.flatMap((text) => decodePlatform(text) ?? []);
}

/** Whatever goes wrong is told in the stream, with status 200: clients look for it there alone. */
function load(engine: Room, request: ApiRequest, reply: ApiReply): Promise<void> {
  const options = { quiet: request.flag('quiet'), platforms: platformsOf(request) };
  return streamProgress(reply, async (output) => {
    try {
      await loadImages(engine, request.body, options, output);
    } catch (error) {
      output.write(errorMessage(error));
    }
  });
}

async function commit(engine: Room, request: ApiRequest, reply: ApiReply): Promise<void> {
  const image = await commitContainer(engine, {
    container: text(request, 'container'),
    repo: text(request, 'repo'),
    tag: text(request, 'tag'),
    comment: text(request, 'comment'),
    author: text(request, 'author'),
    pause: text(request, 'pause') === '' || request.flag('pause'),
    changes: request.query.getAll('changes'),
    config: await givenConfig(request),
  });
  reply.json(201, { Id: image.id });
}

/** Undefined where the body is empty or null: then nothing is given. */
async function givenConfig(request: ApiRequest): Promise<Partial<ContainerConfig> | undefined> {
  const config = await request.json(containerConfig);
  const text = (await request.peek(Infinity))?.toString('utf8').trim() ?? '';
  return text === '' || text === 'null' ? undefined : config;
}

function nameOf(request: ApiRequest): string {
  return request.path['name'] ?? '';
}

function text(request: ApiRequest, parameter: string): string {
  return request.query.get(parameter) ?? '';
}
