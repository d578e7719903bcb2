/** Finds the route of a request. Routes with few segments in common are told apart by method and segment count first. */
import type { Method, Route } from './router.ts';

export interface Match {
  readonly route: Route;
  readonly path: Readonly<Record<string, string>>;
}

interface Compiled {
  readonly route: Route;
  readonly pattern: RegExp;
  readonly names: readonly string[];
}

/** Compiles a table once; the function it returns gives the first route that fits. Paths come decoded or not, without version. */
export function matcher(routes: readonly Route[]): (method: Method, path: string) => Match | undefined {
  const exact = new Map<string, Route>();
  const patterns = new Map<string, Compiled[]>();
  for (const route of routes) {
    if (!route.path.includes('{')) {
      exact.set(`${route.method} ${route.path}`, route);
      continue;
    }
    const key = `${route.method} ${route.path.split('/')[1]}`;
    const list = patterns.get(key) ?? [];
    list.push(compile(route));
    patterns.set(key, list);
  }
  return (method, path) => {
    const route = exact.get(`${method} ${path}`);
    if (route) return { route, path: {} };
    for (const candidate of patterns.get(`${method} ${path.split('/')[1]}`) ?? []) {
      const found = candidate.pattern.exec(path);
      if (found) return { route: candidate.route, path: parametersOf(candidate.names, found) };
    }
    return undefined;
  };
}

/** `{name}` takes one segment, `{name:.*}` takes slashes too. */
function compile(route: Route): Compiled {
  const names: string[] = [];
  const source = route.path.replace(/\{(\w+)(:\.\*)?\}/g, (_, name: string, deep: string | undefined) => {
    names.push(name);
    return deep || route.slashes ? '(.+)' : '([^/]+)';
  });
  return { route, pattern: new RegExp(`^${source}$`), names };
}

function parametersOf(names: readonly string[], found: RegExpExecArray): Record<string, string> {
  return Object.fromEntries(names.map((name, index) => [name, decode(found[index + 1] ?? '')]));
}

/** A malformed escape stands for itself: no object has such a name, and the answer is then "No such …". */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
