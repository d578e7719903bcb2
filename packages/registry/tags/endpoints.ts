import { RegistryError } from '../errors.ts';
import type { Exchange } from '../port.ts';

/** GET /v2/NAME/tags/list (end-8): names in lexical order, page by page when `n` asks for it. */
export async function listTags(exchange: Exchange): Promise<void> {
  const { index } = exchange.registry;
  if (!index.exists(exchange.name)) throw new RegistryError('NAME_UNKNOWN', { name: exchange.name });
  sendPage(exchange, (last, limit) => index.tags(exchange.name, last, limit), (tags) => ({ name: exchange.name, tags }));
}

/** GET /v2/_catalog: Docker's extension. */
export async function listRepositories(exchange: Exchange): Promise<void> {
  sendPage(exchange, (last, limit) => exchange.registry.index.repositories(last, limit), (repositories) => ({ repositories }));
}

/** Asks for one name more than the page holds, to know whether there is a next one. */
function sendPage(exchange: Exchange, list: (last: string, limit: number) => string[], body: (names: string[]) => unknown): void {
  const { searchParams: query, pathname } = exchange.url;
  const limit = query.has('n') ? Number(query.get('n')) : Number.MAX_SAFE_INTEGER - 1;
  if (!Number.isSafeInteger(limit) || limit < 0) throw new RegistryError('PAGINATION_NUMBER_INVALID', { n: query.get('n') });
  const names = limit === 0 ? [] : list(query.get('last') ?? '', limit + 1);
  const page = names.slice(0, limit);
  const headers: Record<string, string | number> = { 'Content-Type': 'application/json; charset=utf-8' };
  if (names.length > limit && limit > 0) headers.Link = `<${pathname}?n=${limit}&last=${encodeURIComponent(page.at(-1) ?? '')}>; rel="next"`;
  const bytes = Buffer.from(`${JSON.stringify(body(page))}\n`);
  exchange.response.writeHead(200, { ...headers, 'Content-Length': bytes.length }).end(bytes);
}
