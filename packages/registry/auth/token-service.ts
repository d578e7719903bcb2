import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { jwtVerify, SignJWT } from 'jose';
import { RegistryError, sendError } from '../errors.ts';
import type { Access } from '../port.ts';
import { basicCredentials, type Users } from './credentials.ts';
import { claimsOf, parseScopes } from './scope.ts';

const accessSeconds = 300;
const formLimit = 64 << 10;

export interface TokenServiceOptions {
  readonly users: Users;
  readonly service: string;
  readonly issuer: string;
  readonly secret: Uint8Array;
  /** What somebody (undefined: nobody in particular) may do. */
  readonly permits: (name: string | undefined, access: Access) => boolean;
}

/**
 * The token service on `/token`, to put in front of a registry: GET with Basic or without, and the OAuth2 form POST with
 * `password` or `refresh_token`. What was asked for beyond one's rights is left out of the token, as the
 * specification has it; wrong credentials are a 401.
 */
export function tokenService(options: TokenServiceOptions): (request: IncomingMessage, response: ServerResponse) => Promise<boolean> {
  return async (request, response) => {
    const url = new URL(request.url ?? '/', 'http://registry');
    if (url.pathname !== '/token') return false;
    if (request.method === 'GET') await answerGet(options, url.searchParams, request, response);
    else if (request.method === 'POST') await answerPost(options, new URLSearchParams(await bodyOf(request)), response);
    else throw new RegistryError('UNSUPPORTED', undefined, { headers: { Allow: 'GET, POST' } });
    return true;
  };
}

async function answerGet(options: TokenServiceOptions, query: URLSearchParams, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const credentials = basicCredentials(request);
  if (request.headers.authorization !== undefined && !(credentials && (await options.users.verify(credentials.name, credentials.password)))) {
    sendError(response, new RegistryError('UNAUTHORIZED', undefined, { message: 'incorrect username or password' }));
    return;
  }
  const token = await accessToken(options, credentials?.name, parseScopes(query.getAll('scope')));
  const offline = query.get('offline_token') === 'true' && credentials ? { refresh_token: await refreshToken(options, credentials.name) } : {};
  send(response, { token, access_token: token, expires_in: accessSeconds, issued_at: new Date().toISOString(), ...offline });
}

async function answerPost(options: TokenServiceOptions, form: URLSearchParams, response: ServerResponse): Promise<void> {
  const name = await grantee(options, form);
  if (name === undefined) {
    sendError(response, new RegistryError('UNAUTHORIZED', undefined, { message: 'incorrect username or password' }));
    return;
  }
  const scopes = form.getAll('scope');
  const refresh = form.get('refresh_token') ?? (form.get('access_type') === 'offline' ? await refreshToken(options, name) : undefined);
  const token = await accessToken(options, name, parseScopes(scopes));
  const body = { access_token: token, scope: scopes.join(' '), expires_in: accessSeconds, issued_at: new Date().toISOString() };
  send(response, refresh === undefined ? body : { ...body, refresh_token: refresh });
}

/** Whom a grant stands for; undefined when it is not good. */
async function grantee(options: TokenServiceOptions, form: URLSearchParams): Promise<string | undefined> {
  if (form.get('grant_type') === 'password') {
    const name = form.get('username') ?? '';
    return (await options.users.verify(name, form.get('password') ?? '')) ? name : undefined;
  }
  if (form.get('grant_type') !== 'refresh_token') throw new RegistryError('UNSUPPORTED', form.get('grant_type'), { status: 400 });
  try {
    const { payload } = await jwtVerify(form.get('refresh_token') ?? '', options.secret, { issuer: options.issuer, audience: `${options.service}/refresh` });
    return payload.sub;
  } catch {
    return undefined;
  }
}

function accessToken(options: TokenServiceOptions, name: string | undefined, wanted: readonly Access[]): Promise<string> {
  const access = claimsOf(wanted.filter((each) => options.permits(name, each)));
  return sign(options, { access }, name ?? '', options.service, `${accessSeconds}s`);
}

function refreshToken(options: TokenServiceOptions, name: string): Promise<string> {
  return sign(options, {}, name, `${options.service}/refresh`, '90d');
}

function sign(options: TokenServiceOptions, claims: Record<string, unknown>, subject: string, audience: string, lifetime: string): Promise<string> {
  return new SignJWT(claims)
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setIssuer(options.issuer).setSubject(subject).setAudience(audience).setIssuedAt().setExpirationTime(lifetime).setJti(randomUUID())
    .sign(options.secret);
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request as AsyncIterable<Buffer>) {
    text += chunk.toString('latin1');
    if (text.length > formLimit) throw new RegistryError('UNSUPPORTED', 'the form is too large', { status: 413 });
  }
  return text;
}

function send(response: ServerResponse, value: unknown): void {
  const body = Buffer.from(JSON.stringify(value));
  response.writeHead(200, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store', 'Content-Length': body.length }).end(body);
}
