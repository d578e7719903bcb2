import type { IncomingMessage } from 'node:http';

/** Someone who can tell whether a name and a password belong together. */
export interface Users {
  verify(name: string, password: string): Promise<boolean>;
}

/** The name and password of a Basic Authorization header (RFC 7617). */
export function basicCredentials(request: IncomingMessage): { name: string; password: string } | undefined {
  const encoded = /^Basic\s+([A-Za-z0-9+/=]+)$/i.exec(request.headers.authorization ?? '')?.[1];
  const text = encoded === undefined ? '' : Buffer.from(encoded, 'base64').toString();
  const colon = text.indexOf(':');
  return colon < 0 ? undefined : { name: text.slice(0, colon), password: text.slice(colon + 1) };
}
