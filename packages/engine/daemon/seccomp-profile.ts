/** The seccomp profile of containers that name none (`--seccomp-profile`). */
import { readFileSync } from 'node:fs';
import { errnoOf, InvalidArgument, messageOf } from '#base';
import { parseSeccompProfile } from '#spec';
import type { DefaultSeccomp } from '../context.ts';

/** Throws InvalidArgument for a file that is not there or is no profile. */
export function readSeccompProfile(name: string): DefaultSeccomp {
  if (name === '' || name === 'builtin') return { name: 'builtin', profile: undefined };
  if (name === 'unconfined') return { name, profile: null };
  try {
    return { name, profile: parseSeccompProfile(readFileSync(name, 'utf8')) };
  } catch (error) {
    const why = errnoOf(error) === 'ENOENT' ? `open ${name}: no such file or directory` : messageOf(error);
    throw new InvalidArgument(`opening seccomp profile (${name}) failed: ${why}`, { cause: error });
  }
}
