/**
 * Bearer tokens as Docker's registries use them (distribution, "Token Authentication Specification"):
 *
 *   client ── GET /v2/… ─────────────▶ registry    401, WWW-Authenticate: Bearer realm, service, scope
 *   client ── GET realm?service&scope ▶ token service    who you are (Basic) → a JWT that lists what you may do
 *   client ── GET /v2/… with Bearer ─▶ registry    checks signature, audience, time and the list
 *
 * The registry may run the token service itself (`tokenService`, signing with a secret of its own) or trust another's
 * public key.
 */
import type { IncomingMessage } from 'node:http';
import { jwtVerify, type CryptoKey, type KeyObject } from 'jose';
import type { Access, Authority } from '../port.ts';
import { allows, formatScopes, type AccessClaim } from './scope.ts';

export interface BearerOptions {
  /** Where clients get tokens; `{host}` stands for the host that the client asked for. */
  readonly realm: string;
  readonly service: string;
  readonly issuer: string;
  /** A shared secret, or the public key of a token service elsewhere. */
  readonly key: Uint8Array | KeyObject | CryptoKey;
}

/** Lets those in whose token lists what they want to do. The 401 says what to ask for, and why a token was not enough (RFC 6750, 3.1). */
export function bearerAuthority(options: BearerOptions): Authority {
  return {
    authorize: async (request, accesses) => {
      const claims = await claimsIn(request, options);
      if (claims === 'none') return { challenge: challenge(request, accesses, options) };
      if (claims === 'invalid') return { challenge: challenge(request, accesses, options, 'invalid_token') };
      return allows(claims, accesses) ? 'granted' : { challenge: challenge(request, accesses, options, 'insufficient_scope') };
    },
  };
}

async function claimsIn(request: IncomingMessage, { service, issuer, key }: BearerOptions): Promise<readonly AccessClaim[] | 'none' | 'invalid'> {
  const token = /^Bearer\s+(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
  if (token === undefined) return 'none';
  try {
    const { payload } = await jwtVerify<{ access?: AccessClaim[] }>(token, key, { audience: service, issuer, clockTolerance: 60 });
    return payload.access ?? [];
  } catch {
    // Whatever is wrong with it, the client only needs to know that it must get another one.
    return 'invalid';
  }
}

function challenge(request: IncomingMessage, accesses: readonly Access[], { realm, service }: BearerOptions, error?: string): string {
  const scheme = 'encrypted' in request.socket ? 'https' : 'http';
  const address = realm.replace('{host}', `${scheme}://${request.headers.host ?? 'localhost'}`);
  const scopes = formatScopes(accesses);
  const parameters = [['realm', address], ['service', service]];
  if (scopes.length > 0) parameters.push(['scope', scopes.join(' ')]);
  if (error !== undefined) parameters.push(['error', error]);
  return `Bearer ${parameters.map(([name, value]) => `${name}="${value}"`).join(',')}`;
}
