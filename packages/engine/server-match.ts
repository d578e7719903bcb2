/** Finds the route of a request. Routes with few segments in common are told apart by method and segment count first. */
import type { Method, Route } from './router.ts';

export interface Match {
  readonly route: Route;
  /** Method and path of the route: `GET /containers/{id}/json`. */
  readonly name: string;
  readonly path: Readonly<Record<string, string>>;
}

interface Compiled {
  readonly route: Route;
  readonly name: string;
  readonly pattern: RegExp;
  /** What follows the last parameter: `/start`. */
  readonly end: string;
  readonly names: readonly string[];
}

/** Compiles a table once; the function it returns gives the first route that fits. Paths come decoded or not, without version. */
export function matcher(routes: readonly Route[]): (method: Method, path: string) => Match | undefined {
  const exact = new Map<string, Match>();
  const patterns = new Map<string, Compiled[]>();
  for (const route of routes) {
    if (!route.path.includes('{')) {
      const name = `${route.method} ${route.path}`;
      exact.set(name, { route, name, path: {} });
      continue;
    }
    const key = `${route.method} ${route.path.split('/')[1]}`;
    const list = patterns.get(key) ?? [];
    list.push(compile(route));
    patterns.set(key, list);
  }
  return (method, path) => {
    const plain = exact.get(`${method} ${path}`);
    if (plain) return plain;
    for (const candidate of patterns.get(`${method} ${path.split('/')[1]}`) ?? []) {
      const found = path.endsWith(candidate.end) ? candidate.pattern.exec(path) : null;
      if (found) return { route: candidate.route, name: candidate.name, path: parametersOf(candidate.names, found) };
    }
    return undefined;
  };
}

/** `{name}` takes one segment, `{name:.*}` takes slashes too, and nothing: whoever is asked for an empty name says what is wrong with it. */
function compile(route: Route): Compiled {
  const names: string[] = [];
  const source = route.path.replace(/\{(\w+)(:\.\*)?\}/g, (_, name: string, deep: string | undefined) => {
    names.push(name);
    return deep || route.slashes ? '(.*)' : '([^/]+)';
  });
  return { route, name: `${route.method} ${route.path}`, pattern: new RegExp(`^${source}$`), end: route.path.slice(route.path.lastIndexOf('}') + 1), names };
}

function parametersOf(names: readonly string[], found: RegExpExecArray): Record<string, string> {
  const parameters: Record<string, string> = {};
  names.forEach((name, index) => (parameters[name] = decode(found[index + 1] ?? '')));
  return parameters;
}

/** A malformed escape stands for itself: no object has such a name, and the answer is then "No such …". */
function decode(text: string): string {
  try {
    return text.includes('%') ? decodeURIComponent(text) : text;
  } catch {
    return text;
  }
}
