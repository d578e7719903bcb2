/** The measurements of the docker command, where they are on this machine. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../support/command.ts';

const directory = process.env['NARU_SPECS'] ?? join(root, '..', 'shared', 'specs');

/** The reason to skip, where the measurements are not on this machine. */
export const missing: string | false = existsSync(directory) ? false : `the measurements are not here (${directory})`;

export function read<T>(...path: string[]): T {
  return JSON.parse(readFileSync(join(directory, ...path), 'utf8')) as T;
}

/** The names of the recorded flows. */
export function flowNames(): string[] {
  return readdirSync(join(directory, 'transcripts')).filter((name) => /^\d.*\.json$/.test(name));
}
