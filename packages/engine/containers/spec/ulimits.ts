/** `--ulimit` as OCI rlimits. */
import { InvalidArgument } from '#base';
import type { Ulimit } from '#spec';

const names = ['core', 'cpu', 'data', 'fsize', 'locks', 'memlock', 'msgqueue', 'nice', 'nofile', 'nproc', 'rss', 'rtprio', 'rttime', 'sigpending', 'stack'];

/** Throws InvalidArgument for a name the kernel does not know. -1 is no limit. */
export function rlimitsOf(ulimits: readonly Ulimit[]): { type: string; hard: number; soft: number }[] {
  return ulimits.map(({ Name, Hard, Soft }) => {
    if (!names.includes(Name)) throw new InvalidArgument(`invalid ulimit type: ${Name}`);
    return { type: `RLIMIT_${Name.toUpperCase()}`, hard: Hard, soft: Soft };
  });
}
