import type { ServerResponse } from 'node:http';

/**
 * What `result` brings; undefined when the client has left before that, or had. Who only awaited the result would keep request,
 * answer and connection for as long.
 */
export function unlessGone<T>(response: ServerResponse, result: T | Promise<T>): Promise<T | undefined> {
  const gone = new Promise<undefined>((resolve) => (response.destroyed ? resolve(undefined) : response.once('close', () => resolve(undefined))));
  return Promise.race([gone, result]);
}
