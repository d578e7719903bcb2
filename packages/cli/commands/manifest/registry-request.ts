/** One HTTP exchange with a registry, authenticated as it asks (OCI distribution-spec; Docker's token protocol). */
import type { IncomingMessage } from 'node:http';
import { Unauthorized, Unavailable } from '#base';
import type { AuthConfig } from '../../config/auth-config.ts';

export interface RegistryAnswer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

export interface RegistryRequest {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** False takes any certificate. */
  readonly verify?: boolean;
}

/** Bytes of an answer that are read at most: manifests and configurations are small. */
const largest = 8 << 20;
const mostRedirects = 5;

/** Talks to one repository of one registry. */
export class RegistrySession {
  readonly #base: string;
  readonly #scope: string;
  readonly #auth: AuthConfig;
  readonly #verify: boolean;
  #authorization: string | undefined;

  /** `base` is `https://host:port`; `scope` what a token is asked for: `repository:name:pull,push`; `verify` false takes any certificate. */
  constructor(base: string, scope: string, auth: AuthConfig, verify: boolean) {
    this.#base = base;
    this.#scope = scope;
    this.#auth = auth;
    this.#verify = verify;
  }

  /** Sends a request, once more with the authorization that a 401 asks for. Throws Unauthorized, Unavailable. */
  async request(path: string, request: RegistryRequest): Promise<RegistryAnswer> {
    const first = await this.#send(path, request);
    if (first.status !== 401) return first;
    this.#authorization = await this.#authorize(first.headers['www-authenticate'] ?? '');
    const second = await this.#send(path, request);
    if (second.status === 401 || second.status === 403) throw new Unauthorized('unauthorized: authentication required');
    return second;
  }

  #send(path: string, request: RegistryRequest): Promise<RegistryAnswer> {
    const headers: Record<string, string> = { ...request.headers };
    if (this.#authorization !== undefined) headers['Authorization'] = this.#authorization;
    return exchange(new URL(path, this.#base), { ...request, headers, verify: this.#verify });
  }

  async #authorize(challenge: string): Promise<string> {
    const { username, password, identitytoken, registrytoken } = this.#auth;
    if (registrytoken) return `Bearer ${registrytoken}`;
    const basic = username && password ? `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}` : undefined;
    if (!/^bearer /i.test(challenge)) {
      if (basic === undefined) throw new Unauthorized('no basic auth credentials');
      return basic;
    }
    const { realm = '', service = '' } = Object.fromEntries([...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, key = '', value = '']) => [key, value]));
    const url = new URL(realm);
    const refresh = identitytoken ? { grant_type: 'refresh_token', refresh_token: identitytoken, client_id: 'docker' } : undefined;
    const asked = new URLSearchParams({ service, scope: this.#scope, ...refresh });
    if (!refresh) url.search = asked.toString();
    const answer = refresh
      ? await exchange(url, { method: 'POST', headers: { 'Content-Type': 'application/x-www-form-urlencoded' }, body: Buffer.from(asked.toString()), verify: this.#verify })
      : await exchange(url, { method: 'GET', headers: basic === undefined ? {} : { Authorization: basic }, verify: this.#verify });
    if (answer.status !== 200) throw new Unauthorized('unauthorized: incorrect username or password');
    const { token, access_token: access } = JSON.parse(answer.body.toString()) as { token?: string; access_token?: string };
    return `Bearer ${token ?? access ?? ''}`;
  }
}

/** One exchange; redirects are followed, without the authorization where they lead to another host. */
async function exchange(url: URL, request: RegistryRequest, redirects = 0): Promise<RegistryAnswer> {
  const answer = await once(url, request);
  const location = answer.headers.location;
  if (answer.status < 301 || answer.status > 308 || location === undefined || request.method === 'POST') return answer;
  if (redirects === mostRedirects) throw new Unavailable(`${url.href}: stopped after ${mostRedirects} redirects`);
  const next = new URL(location, url);
  const { Authorization, ...others } = request.headers ?? {};
  return exchange(next, { ...request, headers: next.host === url.host && Authorization !== undefined ? { ...others, Authorization } : others }, redirects + 1);
}

function once(url: URL, { method, headers, body, verify = true }: RegistryRequest): Promise<RegistryAnswer> {
  const { request } = url.protocol === 'https:' ? process.getBuiltinModule('node:https') : process.getBuiltinModule('node:http');
  return new Promise((resolve, reject) => {
    const options = { method, headers: { ...headers, ...(body ? { 'Content-Length': body.length } : {}) }, agent: false as const, rejectUnauthorized: verify };
    const sent = request(url, options, (response) => {
      collect(response).then((bytes) => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: bytes }), reject);
    });
    sent.once('error', reject);
    sent.end(body);
  });
}

async function collect(response: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response) {
    size += (chunk as Buffer).length;
    if (size > largest) throw new Unavailable('the answer of the registry is too large');
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}
