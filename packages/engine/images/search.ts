/** `GET /images/search`. */
import { InvalidArgument, messageOf } from '#base';
import type { SearchResult } from '#images';
import { authOf } from '../auth/header.ts';
import type { Engine } from '../context.ts';
import { booleanFilter, type Filters } from '../filters.ts';
import { parseInteger } from '../integer.ts';
import type { ApiRequest } from '../router.ts';

const searchFilters = ['is-automated', 'is-official', 'stars'] as const;

/** Throws InvalidArgument for a limit outside 1 to 100, and for filters that are none. */
export async function searchImages(engine: Pick<Engine, 'images'>, request: ApiRequest): Promise<SearchResult[]> {
  const limit = limitOf(request) || 25;
  if (limit < 1 || limit > 100) throw new InvalidArgument(`limit ${limit} is outside the range of [1, 100]`);
  const filters = request.filters(searchFilters);
  const fits = filterOf(filters);
  const auth = authOf(request);
  const found = await engine.images.search(request.query.get('term') ?? '', { limit, auth, signal: request.signal });
  return found.filter(fits);
}

function limitOf(request: ApiRequest): number {
  try {
    return request.integer('limit', 0);
  } catch (error) {
    throw new InvalidArgument(`invalid limit specified: ${messageOf(error)}`, { cause: error });
  }
}

function filterOf(filters: Filters): (result: SearchResult) => boolean {
  const [automated, official] = [booleanFilter(filters, 'is-automated'), booleanFilter(filters, 'is-official')];
  const stars = Math.max(0, ...(filters.get('stars') ?? []).map(starsOf));
  return (result) =>
    (automated === undefined || result.is_automated === automated) && (official === undefined || result.is_official === official) && result.star_count >= stars;
}

function starsOf(text: string): number {
  try {
    return parseInteger(text);
  } catch (error) {
    throw new InvalidArgument(`invalid filter 'stars=${text}': ${messageOf(error)}`, { cause: error });
  }
}
