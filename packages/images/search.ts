/** `docker search`: the index of Docker Hub, or of a registry that still has one (API "v1"). */
import type { IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { Internal } from '#base';
import type { ImagesContext } from './context.ts';
import { TransportError } from './distribution/failures.ts';
import type { RegistryAuth, SearchResult } from './port.ts';

const hubIndex = 'https://index.docker.io/';

/** The first `limit` of what the index finds. Throws in Docker's words where nobody answers, or the answer is no success. */
export async function search(
  context: Pick<ImagesContext, 'registries'>,
  term: string,
  options: { readonly limit: number; readonly auth: RegistryAuth; readonly signal?: AbortSignal },
): Promise<SearchResult[]> {
  const { domain, rest } = split(term);
  const query = new URLSearchParams({ q: rest, n: String(options.limit) });
  let last: unknown = new Internal('no address to search at');
  for (const session of await context.registries.sessions(domain, options.auth)) {
    if (session.endpoint.mirror) continue;
    const path = domain === 'docker.io' ? new URL(`v1/search?${query}`, hubIndex) : `v1/search?${query}`;
    try {
      return await resultsOf(await session.send({ method: 'GET', path, scopes: [], signal: options.signal, headers: { 'X-Docker-Token': 'true' } }));
    } catch (error) {
      if (!(error instanceof TransportError)) throw error;
      last = error;
    }
  }
  throw last;
}

/** `localhost:5000/thing` is searched for there, everything else at Docker Hub. */
function split(term: string): { domain: string; rest: string } {
  const slash = term.indexOf('/');
  const host = slash < 0 ? '' : term.slice(0, slash);
  if (host === 'localhost' || /[.:]/.test(host)) return { domain: host, rest: term.slice(slash + 1) };
  return { domain: 'docker.io', rest: term.replace(/^library\//, '') };
}

async function resultsOf(reply: IncomingMessage): Promise<SearchResult[]> {
  const body = await text(reply);
  if (reply.statusCode !== 200) throw new Internal(`Unexpected status code ${reply.statusCode}`);
  const { results } = JSON.parse(body) as { results?: Partial<SearchResult>[] | null };
  return (results ?? []).map(({ name = '', description = '', star_count = 0, is_official = false, is_automated = false }) => ({ name, description, star_count, is_official, is_automated }));
}
