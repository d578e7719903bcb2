import type { IncomingHttpHeaders } from 'node:http';
import { InvalidArgument, jsonProblem, messageOf } from '#base';
import type { RegistryAuth } from '#images';
import { authConfig, decodeAs, type AuthConfig, type Shape } from '#spec';
import type { ApiRequest } from '../router.ts';

/** Bytes: credentials are short. */
const mostBytes = 1 << 20;

/** The `X-Registry-Auth` header: base64url JSON. What cannot be read is taken as no credentials, as dockerd does. */
export function registryAuth(header: string | string[] | undefined): RegistryAuth {
  return fromConfig(read<AuthConfig>(header, authConfig) ?? {});
}

/** The credentials that a request carries, and who sends it. */
export function authOf({ headers }: { readonly headers: IncomingHttpHeaders }): RegistryAuth {
  const client = headers['user-agent'];
  return { ...registryAuth(headers['x-registry-auth']), ...(client ? { upstreamClient: client } : {}) };
}

/** A push may bring them in its body instead. Throws InvalidArgument where it brings none at all, in Docker's words. */
export async function pushAuthOf(request: ApiRequest): Promise<RegistryAuth> {
  if (request.headers['x-registry-auth']) return authOf(request);
  const refuse = (reason: string, cause?: unknown): never => {
    throw new InvalidArgument(`bad parameters and missing X-Registry-Auth: invalid X-Registry-Auth header: ${reason}`, { cause });
  };
  const body = (await request.peek(mostBytes))?.toString('utf8');
  if (body === undefined) return refuse(`larger than ${mostBytes} bytes`);
  if (body.trim() === '') return refuse('EOF');
  try {
    const auth = fromConfig(decodeAs<AuthConfig | null>(authConfig, JSON.parse(body), 'credentials') ?? {});
    return { ...auth, ...authOf(request) };
  } catch (error) {
    return refuse(error instanceof SyntaxError ? jsonProblem(body) : messageOf(error), error);
  }
}

/** The `X-Registry-Config` header of a build: credentials by registry. */
export function registryAuths(header: string | string[] | undefined): Record<string, RegistryAuth> {
  const configs = Object.entries(read<Record<string, AuthConfig>>(header, { map: authConfig }) ?? {});
  return Object.fromEntries(configs.map(([registry, config]) => [registry, fromConfig(config)]));
}

/** Docker's field names to Naru's; `auth` is `user:password` in base64. */
export function fromConfig(config: AuthConfig): RegistryAuth {
  const [username, password] = config.username === undefined && config.auth ? splitAuth(config.auth) : [config.username, config.password];
  return {
    ...(username ? { username } : {}),
    ...(password ? { password } : {}),
    ...(config.identitytoken ? { identityToken: config.identitytoken } : {}),
    ...(config.registrytoken ? { registryToken: config.registrytoken } : {}),
    ...(config.serveraddress ? { serverAddress: config.serveraddress } : {}),
  };
}

function splitAuth(auth: string): [string, string] {
  const text = Buffer.from(auth, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon < 0 ? [text, ''] : [text.slice(0, colon), text.slice(colon + 1)];
}

function read<T>(header: string | string[] | undefined, shape: Shape): T | undefined {
  const text = Array.isArray(header) ? header[0] : header;
  if (!text) return undefined;
  try {
    return decodeAs<T | null>(shape, JSON.parse(Buffer.from(text, 'base64url').toString('utf8')), 'credentials') ?? undefined;
  } catch {
    return undefined;
  }
}
