import { Internal } from '#base';
import type { RegistryAuth } from '../port.ts';
import type { Challenge } from './challenge.ts';
import { failureOf } from './failures.ts';
import type { HttpRequest, Sender } from './transport.ts';

/** A token is thrown away this much before it ends, so that it does not end on the way. */
const marginMilliseconds = 10_000;
/** Servers that name no lifetime mean this one (distribution, token specification). */
const defaultSeconds = 60;

interface Token {
  readonly value: string;
  readonly until: number;
}

/**
 * Fetches Bearer tokens from the realm that a challenge names, and keeps them until they end. With an identity token the
 * OAuth2 form (POST, refresh_token) is used, with name and password GET with Basic, without credentials GET alone.
 */
export class TokenSource {
  readonly #transport: Sender;
  readonly #auth: RegistryAuth;
  readonly #tokens = new Map<string, Promise<Token>>();
  #identityToken = '';

  constructor(transport: Sender, auth: RegistryAuth) {
    this.#transport = transport;
    this.#auth = auth;
  }

  /** The Authorization header for `scopes` (`repository:library/x:pull`). Throws what the token server says. */
  async authorization(challenge: Challenge, scopes: readonly string[]): Promise<string> {
    if (this.#auth.registryToken) return `Bearer ${this.#auth.registryToken}`;
    const key = JSON.stringify([challenge.parameters.realm, challenge.parameters.service, ...scopes]);
    let token = await (this.#tokens.get(key) ?? this.#renew(key, challenge, scopes));
    if (token.until <= performance.now()) token = await this.#renew(key, challenge, scopes);
    return `Bearer ${token.value}`;
  }

  /** What the service gave for later, in place of the password; '' when it gave nothing. */
  get identityToken(): string {
    return this.#identityToken;
  }

  /** Forgets every token: the registry refused one. */
  forget(): void {
    this.#tokens.clear();
  }

  /** Concurrent requests wait for one token. */
  #renew(key: string, challenge: Challenge, scopes: readonly string[]): Promise<Token> {
    const fetching = this.#fetch(challenge, scopes);
    this.#tokens.set(key, fetching);
    fetching.catch(() => this.#tokens.delete(key));
    return fetching;
  }

  async #fetch(challenge: Challenge, scopes: readonly string[]): Promise<Token> {
    const reply = await this.#transport.send(this.#request(challenge, scopes));
    if (reply.statusCode !== 200) throw await failureOf(reply);
    const text = Buffer.concat(await Array.fromAsync(reply as AsyncIterable<Buffer>)).toString();
    const body = JSON.parse(text) as { token?: string; access_token?: string; refresh_token?: string; expires_in?: number };
    const value = body.token ?? body.access_token;
    if (!value) throw new Internal('authorization server did not include a token in the response');
    this.#identityToken = body.refresh_token ?? this.#identityToken;
    const seconds = Math.max(body.expires_in ?? defaultSeconds, defaultSeconds);
    return { value, until: performance.now() + seconds * 1000 - marginMilliseconds };
  }

  #request(challenge: Challenge, scopes: readonly string[]): HttpRequest {
    const { realm = '', service } = challenge.parameters;
    const url = URL.parse(realm);
    if (!url) throw new Internal(`invalid token auth challenge realm: ${JSON.stringify(realm)}`);
    const { username, password, identityToken } = this.#auth;
    const named: [string, string][] = service === undefined ? [] : [['service', service]];
    if (identityToken) {
      const grant = { grant_type: 'refresh_token', refresh_token: identityToken, client_id: 'docker', scope: scopes.join(' ') };
      const form = new URLSearchParams([...Object.entries(grant), ...named]);
      return { method: 'POST', url, body: Buffer.from(form.toString()), headers: { 'Content-Type': 'application/x-www-form-urlencoded' } };
    }
    const parameters = [...named, ...scopes.map((scope): [string, string] => ['scope', scope])];
    for (const [name, value] of parameters) url.searchParams.append(name, value);
    if (!username) return { method: 'GET', url };
    url.searchParams.append('account', username);
    // Without a scope somebody is logging in, and wants something to keep.
    if (scopes.length === 0) url.searchParams.append('offline_token', 'true');
    if (scopes.length === 0) url.searchParams.append('client_id', 'docker');
    return { method: 'GET', url, headers: { Authorization: basic(username, password ?? '') } };
  }
}

/** The Basic form of Authorization (RFC 7617). */
export function basic(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}
