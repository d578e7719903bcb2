/** The parameters of a request, from its address and, where an HTML form or `curl -d` sent them there, from its body. */
import type { IncomingMessage } from 'node:http';
import { InvalidArgument, quote } from '#base';
import type { Route } from './router.ts';
import { readWhole } from './server-request.ts';

/** Bytes of a form that are read at most, as in Go's net/http. */
const formLimit = 10 << 20;

/**
 * `given`, the address's own, behind those of the body where that is a form, as Go's ParseForm orders them. A body that is
 * bytes to its route, or is to be talked through, is left alone whatever it calls itself. Throws InvalidArgument for
 * what cannot be read.
 */
export async function parametersOf(request: IncomingMessage, route: Route, given: URLSearchParams): Promise<URLSearchParams> {
  const [type] = (request.headers['content-type'] ?? '').split(';');
  if (type?.trim().toLowerCase() !== 'application/x-www-form-urlencoded') return given;
  if (route.bytes || request.headers.upgrade !== undefined || !['POST', 'PUT'].includes(request.method ?? '')) return given;
  const bytes = await readWhole(request, formLimit, 'http: POST too large');
  const form = bytes.toString('utf8');
  requireEscapes(form);
  return new URLSearchParams([...new URLSearchParams(form), ...given]);
}

/** Throws InvalidArgument for a parameter that cannot be read, in the words of Go's net/url. */
export function requireEscapes(query: string): void {
  if (query.includes(';')) throw new InvalidArgument('invalid semicolon separator in query');
  const wrong = /%(?![0-9a-f]{2})[^&]{0,2}/i.exec(query);
  if (wrong) throw new InvalidArgument(`invalid URL escape ${quote(wrong[0])}`);
}
