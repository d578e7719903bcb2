/** The parameters of a request, from its address and, where an HTML form or `curl -d` sent them there, from its body. */
import type { IncomingMessage } from 'node:http';
import { InvalidArgument, quote } from '#base';
import type { Route } from './router.ts';
import { readWhole } from './server-request.ts';

/** Bytes of a form that are read at most, as in Go's net/http. */
const formLimit = 10 << 20;

/** A body that is bytes to its route, or is to be talked through, is none whatever it calls itself. */
export function isForm({ headers, method }: IncomingMessage, route: Route): boolean {
  const type = headers['content-type'];
  if (type === undefined || type.split(';')[0]?.trim().toLowerCase() !== 'application/x-www-form-urlencoded') return false;
  return !route.bytes && headers.upgrade === undefined && (method === 'POST' || method === 'PUT');
}

/** `given`, the address's own, behind those of the body, a form, as Go's ParseForm orders them. Throws InvalidArgument for what cannot be read. */
export async function parametersOf(request: IncomingMessage, given: URLSearchParams): Promise<URLSearchParams> {
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
