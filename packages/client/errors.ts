/** What goes wrong between a client and its engine, in the docker command's words. */
import { errnoOf, type ErrorKind, messageOf, NaruError, Unavailable } from '#base';
import type { Endpoint } from './host.ts';

const kinds: Readonly<Record<number, ErrorKind>> = {
  304: 'NotModified',
  400: 'InvalidArgument',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  409: 'Conflict',
  501: 'NotImplemented',
  503: 'Unavailable',
};

/** The engine refused: `message` is "Error response from daemon: …", `detail` the engine's own text. */
export class DaemonError extends NaruError {
  readonly status: number;
  readonly detail: string;

  constructor(status: number, detail: string) {
    super(kinds[status] ?? (status >= 500 ? 'Internal' : 'InvalidArgument'), `Error response from daemon: ${detail}`);
    this.status = status;
    this.detail = detail;
  }
}

/** No engine answers at this address. */
export class ConnectionFailed extends Unavailable {}

/** The error for an answer of 400 and above; `body` is what the engine sent, `route` the URL asked for. */
export function daemonError(status: number, reason: string, contentType: string | undefined, body: string, route: string): DaemonError {
  if (contentType?.startsWith('application/json')) {
    const message = messageIn(body);
    if (message !== undefined) return new DaemonError(status, message.trim());
  }
  const text = body.trim();
  if (text !== '') return new DaemonError(status, text);
  return new DaemonError(status, `request returned ${reason} for API route and version ${route}, check if the server supports the requested API version`);
}

function messageIn(body: string): string | undefined {
  try {
    const value = JSON.parse(body) as { message?: unknown };
    return typeof value.message === 'string' && value.message !== '' ? value.message : undefined;
  } catch {
    return undefined; // not the JSON it claims to be: shown as text
  }
}

/**
 * Words a failure to connect, or a connection that broke or made no sense before it answered. `request` is what was
 * asked, as Go writes it: `Get "http://…/v1.50/info"`.
 */
export function connectionFailed(error: unknown, endpoint: Endpoint, host: string, request?: string): NaruError {
  if (error instanceof NaruError && (error.kind !== 'Unavailable' || error instanceof ConnectionFailed || error instanceof DaemonError)) return error;
  const code = errnoOf(error);
  if (code === 'EACCES' && endpoint.kind === 'unix') {
    const url = `http://${encodeURIComponent(endpoint.path)}/_ping`;
    return new ConnectionFailed(
      `permission denied while trying to connect to the Docker daemon socket at ${host}: Head "${url}": dial unix ${endpoint.path}: connect: permission denied`,
      { cause: error },
    );
  }
  const absent = code === 'ENOENT' || code === 'ECONNREFUSED' || code === 'ENOTSOCK' || code === 'ETIMEDOUT' || code === 'EHOSTUNREACH' || code === 'ENOTFOUND';
  if (absent) return new ConnectionFailed(`Cannot connect to the Docker daemon at ${host}. Is the docker daemon running?`, { cause: error });
  return new ConnectionFailed(`error during connect: ${request === undefined ? '' : `${request}: `}${messageOf(error)}`, { cause: error });
}
