import type { IncomingMessage } from 'node:http';
import { dialComplaint, Internal, jsonProblem, NaruError, NotFound, errnoOf, quote } from '#base';
import type { ErrorKind } from '#base';

/** Nobody answered, or not in HTTP. The message is Go's, which Docker's users know. Docker answers 500 for these. */
export class TransportError extends Internal {
  constructor(request: { method: string; url: URL; named?: string | undefined }, cause: unknown, url: URL = request.url) {
    const method = request.method.charAt(0) + request.method.slice(1).toLowerCase();
    super(`${method} "${request.named ?? masked(request.url)}": ${typeof cause === 'string' ? cause : dialComplaint(cause, url)}`, { cause });
  }
}

/** The address without a password that is in it, which errors would carry to logs. */
export function masked(url: URL): string {
  return url.password === '' ? url.href : url.href.replace(`:${url.password}@`, ':***@');
}

/** A registry's refusal in its own terms: `code` as in the distribution-spec, in lower case with spaces in `message`. */
export class RegistryRefusal extends NaruError {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, text: string) {
    super(kindOf(status, code), `${code.toLowerCase().replaceAll('_', ' ')}: ${text}`);
    this.status = status;
    this.code = code;
  }
}

/** A status that fits no rule of the protocol. */
export class UnexpectedStatus extends Internal {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** True when the same request may succeed a moment later: no answer, a hang-up, a server's own failure. */
export function isTransient(error: unknown): boolean {
  if (error instanceof TransportError) return true;
  if (error instanceof UnexpectedStatus) return error.status >= 500;
  if (error instanceof RegistryRefusal) return error.status === 429 || error.status >= 500;
  if (error instanceof NaruError && error.cause instanceof RegistryRefusal) return isTransient(error.cause);
  return errnoOf(error) === 'ECONNRESET' || errnoOf(error) === 'EPIPE';
}

/** Reads a refused reply and makes the error of it; gives the body at most a moment's memory. */
export async function failureOf(reply: IncomingMessage): Promise<Error> {
  const status = reply.statusCode ?? 0;
  const body = await textOf(reply);
  const oauth = oauthRefusal(reply.headers['www-authenticate'] ?? '');
  if (status === 401 && oauth) return new RegistryRefusal(status, oauth.code, oauth.text);
  const parsed = refusalIn(status, body);
  if (parsed) return parsed;
  if (status === 401) return new RegistryRefusal(status, 'UNAUTHORIZED', 'authentication required');
  if (status >= 400 && status < 500 && body !== '') return new UnexpectedStatus(status, `error parsing HTTP ${status} response body: ${unparsed(body)}`);
  return new UnexpectedStatus(status, `received unexpected HTTP status: ${status} ${reply.statusMessage ?? ''}`.trim());
}

/**
 * Docker's sentence around a refused pull: which name it was, and that a login may help.
 * `name` is familiar without tag, `reference` with it.
 */
export function pullFailure(error: unknown, name: string, reference: string): unknown {
  if (!(error instanceof RegistryRefusal)) return error;
  const cause = { cause: error };
  switch (error.code) {
    case 'DENIED': return new NotFound(`pull access denied for ${name}, repository does not exist or may require 'docker login': ${error.message}`, cause);
    case 'MANIFEST_UNKNOWN': return new NotFound(`manifest for ${reference} not found: ${error.message}`, cause);
    case 'NAME_UNKNOWN': return new NotFound(`repository ${name} not found: ${error.message}`, cause);
    default: return error;
  }
}

function kindOf(status: number, code: string): ErrorKind {
  if (code === 'UNAUTHORIZED') return 'Unauthorized';
  if (code === 'DENIED') return 'Forbidden';
  return status === 404 ? 'NotFound' : 'Internal';
}

const hubCodes: Readonly<Record<number, string>> = { 401: 'UNAUTHORIZED', 429: 'TOOMANYREQUESTS' };

/** The first of the spec's `errors`, or Docker Hub's `{"details": …}`. */
function refusalIn(status: number, body: string): RegistryRefusal | undefined {
  const value = jsonOf(body);
  if (typeof value !== 'object' || value === null) return undefined;
  if ('details' in value && typeof value.details === 'string') return new RegistryRefusal(status, hubCodes[status] ?? 'UNKNOWN', value.details);
  if (!('errors' in value) || !Array.isArray(value.errors)) return undefined;
  const { code, message } = lowerCased(value.errors[0]);
  if (typeof code !== 'string') return undefined;
  return new RegistryRefusal(status, code, typeof message === 'string' && message !== '' ? message : 'unknown error');
}

/** Names in any case, as Go's decoder takes them. */
function lowerCased(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value).map(([name, each]) => [name.toLowerCase(), each])) : {};
}

/** Why a body says nothing, and the body. */
function unparsed(body: string): string {
  const problem = jsonOf(body) === undefined ? jsonProblem(body) : 'no error details found in HTTP response body';
  return `${problem}: ${quote(body)}`;
}

/** RFC 6750, 3.1: the reason may stand in the challenge itself. */
function oauthRefusal(header: string): { code: string; text: string } | undefined {
  const reason = /\berror="(invalid_token|insufficient_scope)"/.exec(header)?.[1];
  if (reason === undefined) return undefined;
  const description = /\berror_description="([^"]+)"/.exec(header)?.[1];
  return reason === 'invalid_token'
    ? { code: 'UNAUTHORIZED', text: description ?? 'authentication required' }
    : { code: 'DENIED', text: description ?? 'requested access to the resource is denied' };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Not JSON is a legal answer of a proxy in between: the caller falls back on the status.
    return undefined;
  }
}

async function textOf(reply: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of reply as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > 64 << 10) break;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
