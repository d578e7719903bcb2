/** Finds the differences that hold for a route and a version, once each, and applies them. */
import { compareVersions } from '../version.ts';
import type { Difference, Document, Knowledge } from './difference.ts';
import { differences } from './differences.ts';

/** A request's way through the versions; undefined where nothing differs. */
export interface Adaptation {
  query(query: URLSearchParams): URLSearchParams;
  body(body: unknown): unknown;
  answer(answer: unknown): unknown;
}

/** Adaptations by route (`GET /info`) and version, for one engine. */
export function adapter(engine: Knowledge): (route: string, version: string) => Adaptation | undefined {
  const known = new Map<string, Adaptation | undefined>();
  return (route, version) => {
    const key = `${version} ${route}`;
    if (!known.has(key)) known.set(key, adaptation(differencesOf(route, version), engine));
    return known.get(key);
  };
}

/** Those that hold, in the table's order. */
export function differencesOf(route: string, version: string): Difference[] {
  return differences.filter(
    (difference) =>
      difference.route === route &&
      compareVersions(version, difference.from ?? '0.0') >= 0 &&
      (difference.before === undefined || compareVersions(version, difference.before) < 0),
  );
}

function adaptation(holding: readonly Difference[], engine: Knowledge): Adaptation | undefined {
  if (holding.length === 0) return undefined;
  const [inside, rows] = [holding.some(({ answer }) => answer), holding.some((difference) => difference.rows)];
  return {
    query(query) {
      const changed = new URLSearchParams(query);
      for (const difference of holding) difference.query?.(changed);
      return changed;
    },
    /** What is no object is refused behind this. */
    body(body) {
      if (typeof body !== 'object' || body === null || Array.isArray(body)) return body;
      for (const difference of holding) difference.body?.(body as Document);
      return body;
    },
    answer(answer) {
      if (!inside && !rows) return answer;
      const changed = inside ? structuredClone(answer) : copiesOf(answer);
      for (const difference of holding) {
        difference.answer?.(changed, engine);
        if (Array.isArray(changed)) difference.rows?.(changed as Document[], engine);
      }
      return changed;
    },
  };
}

/** A list whose documents may get and lose fields. */
function copiesOf(answer: unknown): unknown {
  return Array.isArray(answer) ? answer.map((row: Document) => ({ ...row })) : answer;
}
