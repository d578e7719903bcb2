/**
 * Clients that ask in whatever version a daemon names as its newest (`/version`'s ApiVersion), though they were written
 * for older ones, and fail without the fields that later versions dropped. They are answered as the newest version that
 * they can read.
 */
import { compareVersions } from '../version.ts';

/** By User-Agent: how it begins, and the newest version that is spoken to it. */
const unaware: readonly (readonly [start: string, newest: string])[] = [
  ['docker-compose/1.', '1.45'], // before 1.45 it finds a created container's short id among its aliases, takes it for connected and leaves the service's name on one-off runs
  ['docker-sdk-python/', '1.51'], // its users read a container's own IPAddress and events' status and id, which 1.52 dropped
];

/** The version that a request in version `asked` is answered in. */
export function versionFor(userAgent: string | undefined, asked: string): string {
  const newest = unaware.find(([start]) => userAgent?.startsWith(start))?.[1];
  return newest !== undefined && compareVersions(asked, newest) > 0 ? newest : asked;
}
