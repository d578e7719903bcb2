/** `GET /containers/json`. */
import type { Engine } from '../context.ts';
import type { Filters } from '../filters.ts';
import { listFilter } from './list-filter.ts';
import { sizesOf } from './sizes.ts';
import { candidatesOf, summaryOf, type ContainerSummary } from './summary.ts';

export interface ListRequest {
  /** Those that do not run too. */
  readonly all: boolean;
  /** The newest so many, running or not; 0 for no limit. */
  readonly limit: number;
  readonly size: boolean;
  readonly filters: Filters;
}

type Needs = Pick<Engine, 'containers' | 'supervisor' | 'networks' | 'images' | 'lives' | 'clock' | 'snapshots'>;

/** Newest first. Throws InvalidArgument and NotFound for filters that cannot hold. */
export async function listContainers(engine: Needs, request: ListRequest): Promise<ContainerSummary[]> {
  const candidates = candidatesOf(engine);
  const matches = listFilter(engine, candidates, request.filters);
  const everything = request.all || request.limit > 0 || request.filters.has('status') || request.filters.has('exited');
  const shown = candidates.filter((candidate) => (everything || isRunning(candidate.state.status)) && matches(candidate));
  const limited = request.limit > 0 ? shown.slice(0, request.limit) : shown;
  const images = lookedUpOnce(engine.images);
  return Promise.all(
    limited.map(async (candidate) => {
      const summary = summaryOf({ ...engine, images }, candidate);
      return request.size ? { ...summary, ...nonZero(await sizesOf(engine, candidate.record)) } : summary;
    }),
  );
}

/** Five hundred containers have few images. */
function lookedUpOnce(images: Pick<Needs['images'], 'lookup'>): Pick<Needs['images'], 'lookup'> {
  const known = new Map<string, ReturnType<typeof images.lookup>>();
  return {
    lookup(reference) {
      if (!known.has(reference)) known.set(reference, images.lookup(reference));
      return known.get(reference);
    },
  };
}

/** A size of 0 is left out, as Go leaves it. */
function nonZero(sizes: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(sizes).filter(([, bytes]) => bytes > 0));
}

function isRunning(status: string): boolean {
  return status === 'running' || status === 'paused' || status === 'restarting';
}
