import { InvalidArgument } from '#base';
import type { Ulimit } from '#spec';
import { flag } from '../../../command/flag-types.ts';
import type { Flag } from '../../../command/flag.ts';
import { parseInteger } from '../../../command/parse-number.ts';

const kinds = ['core', 'cpu', 'data', 'fsize', 'locks', 'memlock', 'msgqueue', 'nice', 'nofile', 'nproc', 'rss', 'rtprio', 'rttime', 'sigpending', 'stack'];

/** `--ulimit nofile=SOFT[:HARD]`; -1 is no limit, and of a name given twice the last counts. */
export function ulimit(description: string): Flag<Ulimit[]> {
  const parse = (text: string, earlier: Ulimit[]): Ulimit[] => {
    const one = parseUlimit(text);
    return [...earlier.filter((other) => other.Name !== one.Name), one].sort((a, b) => (a.Name < b.Name ? -1 : 1));
  };
  return flag({ name: 'ulimit', initial: [], shown: '[]', parse }, description);
}

function parseUlimit(text: string): Ulimit {
  const at = text.indexOf('=');
  if (at < 0) throw new InvalidArgument(`invalid ulimit argument: ${text}`);
  const name = text.slice(0, at);
  const values = text.slice(at + 1);
  if (!kinds.includes(name)) throw new InvalidArgument(`invalid ulimit type: ${name}`);
  const parts = values.split(':');
  if (parts.length > 2) throw new InvalidArgument(`too many limit value arguments - ${values}, can only have up to two, \`soft[:hard]\``);
  const [soft = 0, hard = soft] = parts.map((part) => parseInteger(part, 'ParseInt', 64));
  if (hard !== -1 && soft === -1) throw new InvalidArgument(`ulimit soft limit must be less than or equal to hard limit: soft: -1 (unlimited), hard: ${hard}`);
  if (hard !== -1 && soft > hard) throw new InvalidArgument(`ulimit soft limit must be less than or equal to hard limit: ${soft} > ${hard}`);
  return { Name: name, Hard: hard, Soft: soft };
}
