/** Engine API, the classic builder. */
import { InvalidArgument, messageOf, quote } from '#base';
import type { Engine } from '../context.ts';
import { parseFilters, type Filters } from '../filters.ts';
import { publishPrune } from '../prune.ts';
import { streamProgress } from '../progress/output.ts';
import type { ApiReply, ApiRequest, Route } from '../router.ts';
import { parseMoment } from '../timestamp.ts';
import { buildImage, quietly } from './build.ts';
import { BuildContexts } from './contexts.ts';
import { buildOptions } from './options.ts';

type Room = Pick<Engine, 'config' | 'builder' | 'images' | 'events' | 'supervisor' | 'containers' | 'networks' | 'clock'>;

/** Filters of `POST /build/prune`; the classic cache is images, so that none of them finds anything. */
const cacheFilters = ['description', 'id', 'inuse', 'label', 'label!', 'parent', 'private', 'shared', 'type', 'until', 'unused-for'] as const;

export function buildRoutes(engine: Room): Route[] {
  const contexts = new BuildContexts(engine.config.dataRoot);
  const running = new Map<string, AbortController>();
  return [
    { method: 'POST', path: '/build', bytes: true, handle: (request, reply) => build(engine, contexts, running, request, reply) },
    {
      method: 'POST',
      path: '/build/prune',
      handle: (request, reply) => {
        cacheFiltersOf(engine, request);
        requireSpaces(request);
        publishPrune(engine, 'builder', 0);
        reply.json(200, { CachesDeleted: null, SpaceReclaimed: 0 });
      },
    },
    {
      method: 'POST',
      path: '/build/cancel',
      handle: (request, reply) => {
        const id = request.query.get('id') ?? '';
        if (id === '') throw new InvalidArgument('build ID not provided');
        running.get(id)?.abort();
        reply.empty(204);
      },
    },
  ];
}

/** How much of a cache may stay, in bytes: an empty one keeps within any bound. Throws InvalidArgument for what is no number. */
function requireSpaces(request: ApiRequest): void {
  for (const name of ['keep-storage', ...(request.atLeast('1.48') ? ['reserved-space', 'max-used-space', 'min-free-space'] : [])]) {
    const text = request.query.get(name) ?? '';
    if (text !== '' && !/^[+-]?\d+$/.test(text)) {
      throw new InvalidArgument(`${name} is in bytes and expects an integer, got ${text}: strconv.Atoi: parsing ${quote(text)}: invalid syntax`);
    }
  }
}

/** Throws in Docker's words for a filter that is not known. */
function cacheFiltersOf(engine: Pick<Room, 'clock'>, request: ApiRequest): void {
  parseFilters(request.query.get('filters') ?? '');
  try {
    requireUntil(engine, request.filters(cacheFilters));
  } catch (error) {
    throw new InvalidArgument(`failed to prune build cache: ${messageOf(error)}`, { cause: error });
  }
}

function requireUntil({ clock }: Pick<Room, 'clock'>, filters: Filters): void {
  const asked = [...(filters.get('until') ?? []), ...(filters.get('unused-for') ?? [])];
  if (asked.length > 1) throw new InvalidArgument('"until" filter expects only one value');
  try {
    if (asked[0] !== undefined) parseMoment(asked[0], clock.now());
  } catch (error) {
    throw new InvalidArgument(`"until" filter expects a duration (e.g., '24h') or a timestamp: ${messageOf(error)}`, { cause: error });
  }
}

/** A build ends with its client, or when it is cancelled by the id that its client gave it. */
async function build(engine: Room, contexts: BuildContexts, running: Map<string, AbortController>, request: ApiRequest, reply: ApiReply): Promise<void> {
  const cancel = new AbortController();
  const options = buildOptions(request, AbortSignal.any([request.signal, cancel.signal]), engine.config);
  const source = { body: request.body, remote: request.query.get('remote') ?? '' };
  const id = request.query.get('buildid') ?? '';
  if (id !== '') running.set(id, cancel);
  try {
    await streamProgress(reply, async (output) => {
      if (request.flag('q')) await quietly(output, (kept) => buildImage(engine, contexts, source, options, kept));
      else await buildImage(engine, contexts, source, options, output);
    });
  } finally {
    if (id !== '') running.delete(id);
  }
}
