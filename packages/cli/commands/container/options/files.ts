/** `--env-file` and `--label-file`: a `KEY=value` a line, `#` for comments. */
import { readFileSync } from 'node:fs';
import { env as environment } from 'node:process';
import { errnoOf, InvalidArgument } from '#base';
import { fileComplaint } from '../../../file-complaint.ts';

/** Lines of environment files; a name alone has the value it has here, or is left out. Throws InvalidArgument. */
export function readEnvironmentFiles(paths: readonly string[]): string[] {
  return paths.flatMap((path) => readPairs(path, 'env', (name) => environment[name]));
}

/** Lines of label files; a name alone is left out. Throws InvalidArgument. */
export function readLabelFiles(paths: readonly string[]): string[] {
  return paths.flatMap((path) => readPairs(path, 'label', () => undefined));
}

function readPairs(path: string, kind: 'env' | 'label', inherited: (name: string) => string | undefined): string[] {
  const lines = textOf(path).replace(/^\ufeff/, '').split('\n').map((line) => line.replace(/\r$/, '').replace(/^[ \t]+/, ''));
  return lines.filter((line) => line !== '' && !line.startsWith('#')).flatMap((line) => {
    const at = line.indexOf('=');
    const name = at < 0 ? line : line.slice(0, at);
    if (/[ \t]/.test(name)) throw new InvalidArgument(`invalid ${kind} file (${path}): variable '${name}' contains whitespaces`);
    if (name === '') throw new InvalidArgument(`invalid ${kind} file (${path}): no variable name on line '${line}'`);
    if (at >= 0) return [line];
    const value = inherited(name);
    return value === undefined ? [] : [`${name}=${value}`];
  });
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw fileComplaint(error, errnoOf(error) === 'EISDIR' ? 'read' : 'open', path);
  }
}
