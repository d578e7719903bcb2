import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { IncomingMessage } from 'node:http';
import { Internal, NaruError } from '#base';
import type { RegistryAuth } from '../port.ts';
import { parseChallenges, type Challenge } from './challenge.ts';
import { RegistryRefusal, TransportError } from './failures.ts';
import { addressesOf, endpointsOf, type Endpoint, type RegistryPolicy } from './endpoints.ts';
import { basic, TokenSource } from './token.ts';
import { Transport, type HttpRequest, type Sender } from './transport.ts';

/** What was learned about an endpoint is asked again after this long. */
const sessionMilliseconds = 10 * 60_000;
/** Whether somebody is there at all should be known soon. */
const probeSilence = 15_000;

/** A request in a registry's own terms: a path below its base URL (or an absolute URL it gave), and the scopes it needs. */
export interface SessionRequest extends Omit<HttpRequest, 'url'> {
  readonly path: string | URL;
  /** `repository:library/x:pull`; empty for the base endpoint. */
  readonly scopes: readonly string[];
}

/** One registry, as one set of credentials sees it: probed once, authorised as its challenge wants. */
export class Session {
  readonly endpoint: Endpoint;
  readonly #transport: Sender;
  readonly #auth: RegistryAuth;
  readonly #tokens: TokenSource;
  #challenges: Challenge[] | undefined;

  constructor(endpoint: Endpoint, transport: Sender, auth: RegistryAuth) {
    this.endpoint = endpoint;
    this.#transport = transport;
    this.#auth = auth;
    this.#tokens = new TokenSource(transport, auth);
  }

  /** True once somebody has answered there. */
  get reached(): boolean {
    return this.#challenges !== undefined;
  }

  /** An identity token that the registry's token service gave for the name and password, '' without one. */
  get identityToken(): string {
    return this.#tokens.identityToken;
  }

  /** GET /v2/: someone is there, and how they want to be convinced. Throws TransportError when nobody is. */
  async probe(signal?: AbortSignal): Promise<void> {
    if (!this.#challenges) await this.probeAnew(signal);
  }

  /** As `probe`, whatever is known: who answered some minutes ago may have gone, or speak http by now. Until that is answered others go on with what is known. */
  async probeAnew(signal?: AbortSignal): Promise<void> {
    try {
      const reply = await this.#transport.send({ method: 'GET', url: new URL('v2/', this.endpoint.url), signal, silence: probeSilence });
      reply.resume();
      this.#challenges = challengesOf(reply);
    } catch (error) {
      if (error instanceof TransportError) this.#challenges = undefined;
      throw error;
    }
  }

  /** Sends with credentials; a 401 that says how to do better is tried once more. Where nobody answers it is asked anew whether anybody is there. */
  async send(request: SessionRequest): Promise<IncomingMessage> {
    const known = this.#challenges;
    await this.probe(request.signal);
    try {
      return await this.#improved(request);
    } catch (error) {
      if (known && error instanceof TransportError) await this.probeAnew(request.signal);
      if (!(error instanceof NoAuthorization)) throw error;
      if (!known || !(await this.#wantsElse(known, request.signal))) throw error.reason;
    }
    return this.#improved(request).catch((error: unknown) => Promise.reject(error instanceof NoAuthorization ? error.reason : error));
  }

  async #improved(request: SessionRequest): Promise<IncomingMessage> {
    const reply = await this.#once(request);
    const better = reply.statusCode === 401 ? challengesOf(reply) : [];
    if (better.length === 0 || !this.#canImprove(better)) return reply;
    reply.resume();
    this.#challenges = better;
    this.#tokens.forget();
    return this.#once(request);
  }

  /** Asks what it wants now, which may be something else than some minutes ago: another token service, or none. */
  async #wantsElse(known: readonly Challenge[], signal: AbortSignal | undefined): Promise<boolean> {
    await this.probeAnew(signal);
    return !isDeepStrictEqual(this.#challenges, known);
  }

  async #once(request: SessionRequest): Promise<IncomingMessage> {
    const url = new URL(request.path, this.endpoint.url);
    const authorization = url.host === this.endpoint.url.host ? await this.#authorization(request, url) : undefined;
    const headers = { ...request.headers, ...(authorization === undefined ? {} : { Authorization: authorization }) };
    return this.#transport.send({ ...request, url, headers });
  }

  async #authorization(request: SessionRequest, url: URL): Promise<string | undefined> {
    const [challenge] = this.#challenges ?? [];
    if (!challenge) return undefined;
    const { username, password = '' } = this.#auth;
    try {
      if (challenge.scheme === 'bearer') return await this.#tokens.authorization(challenge, request.scopes);
      if (username) return basic(username, password);
    } catch (error) {
      throw new NoAuthorization(error instanceof RegistryRefusal ? new UnsentRequest(request.method, url, error) : error);
    }
    throw new NoAuthorization(new UnsentRequest(request.method, url, new Internal('no basic auth credentials')));
  }

  /** The same Basic challenge again means that the name or password is wrong. */
  #canImprove(challenges: readonly Challenge[]): boolean {
    const [now] = this.#challenges ?? [];
    return challenges[0]?.scheme === 'bearer' || now?.scheme !== 'basic';
  }
}

/** Why there was nothing to send along; never leaves this file. */
class NoAuthorization extends Error {
  readonly reason: unknown;

  constructor(reason: unknown) {
    super('no authorization', { cause: reason });
    this.reason = reason;
  }
}

/** A request for which no authorization was to be had. */
export class UnsentRequest extends NaruError {
  /** The reason without the request: so Docker says it when pushing. */
  readonly reason: NaruError;

  constructor(method: string, url: URL, reason: NaruError) {
    super(reason.kind, `${method.charAt(0)}${method.slice(1).toLowerCase()} "${url}": ${reason.message}`, { cause: reason });
    this.reason = reason;
  }
}

/** Every registry this daemon has talked to: sessions are kept for a while, connections with them. */
export class Registries implements Disposable {
  readonly #policy: RegistryPolicy;
  readonly #userAgent: string;
  readonly #transports = new Map<string, Transport>();
  readonly #sessions = new Map<string, { session: Session; until: number }>();

  constructor(policy: RegistryPolicy, userAgent: string) {
    this.#policy = policy;
    this.#userAgent = userAgent;
  }

  /** A session for each address of `domain`, in the order to try them. Credentials go to mirrors only when they are theirs. */
  async sessions(domain: string, auth: RegistryAuth = {}): Promise<Session[]> {
    return endpointsOf(domain, this.#policy, await addressesOf(domain)).map((endpoint) => this.#session(endpoint, endpoint.mirror ? { upstreamClient: auth.upstreamClient } : auth));
  }

  [Symbol.dispose](): void {
    for (const transport of this.#transports.values()) transport[Symbol.dispose]();
    this.#transports.clear();
    this.#sessions.clear();
  }

  #session(endpoint: Endpoint, auth: RegistryAuth): Session {
    const key = `${endpoint.url}#${createHash('sha256').update(JSON.stringify(auth)).digest('hex')}`;
    for (const [old, { until }] of this.#sessions) if (until <= performance.now()) this.#sessions.delete(old);
    const held = this.#sessions.get(key);
    if (held) return held.session;
    const transport = this.#transport(endpoint);
    const session = new Session(endpoint, auth.upstreamClient ? transport.onBehalfOf(auth.upstreamClient) : transport, auth);
    this.#sessions.set(key, { session, until: performance.now() + sessionMilliseconds });
    return session;
  }

  #transport(endpoint: Endpoint): Transport {
    const key = `${endpoint.url.origin} ${endpoint.tls.verify}`;
    let transport = this.#transports.get(key);
    if (!transport) this.#transports.set(key, (transport = new Transport(endpoint.tls, this.#userAgent)));
    return transport;
  }
}

function challengesOf(reply: IncomingMessage): Challenge[] {
  return reply.statusCode === 401 ? parseChallenges(reply.headers['www-authenticate'] ?? '') : [];
}
