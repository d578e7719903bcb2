/** Paths written in a roundabout way: Docker's router sends their clients to the plain form. */

const roundabout = /\/\/|\/\.{1,2}(?:\/|$)/;

/** A request target as clients of proxies write it, whole (`http://host/info?x=1`; RFC 9112, 3.2.2), without what comes before its path. */
export function originForm(target: string): string {
  return target.replace(/^https?:\/\/[^/?]*/i, '');
}

/**
 * Where a request target with doubled slashes or with `.` and `..` among its segments belongs, query included (`/v1.45//info?x=1`
 * → `/v1.45/info?x=1`); undefined for a target that is plain already. A slash at the end stays.
 */
export function plainTarget(target: string): string | undefined {
  const mark = target.indexOf('?');
  const path = decoded(mark < 0 ? target : target.slice(0, mark));
  if (!path.startsWith('/') || !roundabout.test(path)) return undefined;
  return encodeURI(plainPath(path)).replace(/[?#]/g, encodeURIComponent) + (mark < 0 ? '' : target.slice(mark));
}

function plainPath(path: string): string {
  const segments: string[] = [];
  for (const segment of path.split('/')) {
    if (segment === '..') segments.pop();
    else if (segment !== '' && segment !== '.') segments.push(segment);
  }
  return `/${segments.join('/')}${path.endsWith('/') && segments.length > 0 ? '/' : ''}`;
}

/** The path as the router sees it; a malformed escape stands for itself. */
function decoded(path: string): string {
  try {
    return path.includes('%') ? decodeURIComponent(path) : path;
  } catch {
    return path;
  }
}
