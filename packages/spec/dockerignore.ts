/**
 * `.dockerignore`: which paths of a build context are left out. Patterns are Go's filepath.Match with `**` for any
 * number of directories; a path is out when the last pattern that matches it or a directory above it has no `!`
 * (Dockerfile reference, ".dockerignore file").
 */
import { posix } from 'node:path';
import { InvalidArgument } from '#base';
import { isAny, isNoSlash, isSlash, literal, type Step, StepPattern } from './dockerfile/step-pattern.ts';
import { classOf, compileWildcard } from './dockerfile/wildcard.ts';

/** The patterns of a `.dockerignore` file: comments and blank lines gone, each cleaned and relative to the context. */
export function parseIgnoreFile(text: string): string[] {
  return text
    .replace(/^\ufeff/, '')
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .map(relativePattern);
}

function relativePattern(line: string): string {
  const exception = line.startsWith('!');
  const pattern = exception ? line.slice(1).trim() : line;
  const cleaned = pattern === '' ? '' : clean(pattern).replace(/^\/(?=.)/, '');
  return exception ? `!${cleaned}` : cleaned;
}

/** Ready patterns. Throws InvalidArgument for a malformed one. */
export class IgnorePatterns {
  readonly #patterns: readonly Pattern[];

  constructor(patterns: readonly string[]) {
    this.#patterns = patterns.map((pattern) => pattern.trim()).filter((pattern) => pattern !== '').map(patternOf);
  }

  /** True when an exception could bring back something below an excluded directory: it must be walked. */
  get hasExceptions(): boolean {
    return this.#patterns.some((pattern) => pattern.exception);
  }

  /** True when `path` (relative to the context, slashes) is left out. */
  excludes(path: string): boolean {
    const above = parentsOf(path);
    let excluded = false;
    for (const pattern of this.#patterns) {
      if (pattern.exception !== excluded) continue;
      if (pattern.matches(path) || above.some(pattern.matches)) excluded = !pattern.exception;
    }
    return excluded;
  }
}

interface Pattern {
  readonly exception: boolean;
  readonly matches: (path: string) => boolean;
}

function patternOf(written: string): Pattern {
  const cleaned = clean(written);
  const exception = cleaned.startsWith('!');
  const pattern = exception ? cleaned.slice(1) : cleaned;
  if (pattern === '') throw new InvalidArgument('illegal exclusion pattern: "!"');
  compileWildcard(pattern);
  return { exception, matches: matcherOf(pattern) };
}

/** The cheap forms first: most patterns are a plain name, `dir/**` or `**\/name`. */
function matcherOf(pattern: string): (path: string) => boolean {
  const plain = (text: string): boolean => !/[*?[\]\\]/.test(text);
  if (plain(pattern)) return (path) => path === pattern;
  if (pattern.endsWith('**') && plain(pattern.slice(0, -2))) {
    const start = pattern.slice(0, -2);
    return (path) => path.startsWith(start);
  }
  if (pattern.startsWith('**') && plain(pattern.slice(2))) {
    const end = pattern.slice(2);
    return (path) => path.endsWith(end) || (end.startsWith('/') && path === end.slice(1));
  }
  const steps = new StepPattern(stepsOf(pattern));
  return (path) => steps.test(path);
}

function stepsOf(pattern: string): Step[] {
  const tokens = pattern.matchAll(/\*\*\/?$|\*\*\/?|\*|\?|\\[^]?|\[\^?(?:\\[^]|[^\]\\])+\]|[^]/gu);
  return [...tokens].flatMap(({ 0: token, index }): Step | Step[] => {
    if (token.startsWith('**')) return index + token.length === pattern.length ? { kind: 'many', fits: isAny } : [{ kind: 'directories', fits: isAny }, { kind: 'one', fits: isSlash }];
    if (token === '*') return { kind: 'many', fits: isNoSlash };
    if (token === '?') return { kind: 'one', fits: isNoSlash };
    if (token.startsWith('[') && token.length > 1) return classOf(Array.from(token.slice(1, -1)));
    return literal(token.startsWith('\\') ? token.slice(1) : token);
  });
}

function parentsOf(path: string): string[] {
  const parts = posix.dirname(path.endsWith('/') ? `${path}.` : path).split('/');
  return parts[0] === '.' && parts.length === 1 ? [] : parts.map((_, index) => parts.slice(0, index + 1).join('/'));
}

/** Go's filepath.Clean. */
function clean(path: string): string {
  const normal = posix.normalize(path);
  return normal.length > 1 ? normal.replace(/\/$/, '') : normal;
}
