import { isKind } from '#base';

/** For a request to a shim that may have ended: then it has done what it was asked. Throws every other error again. */
export function unlessGone(error: unknown): void {
  if (!isKind(error, 'Unavailable')) throw error;
}
