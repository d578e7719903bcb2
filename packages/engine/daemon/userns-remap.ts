/** `--userns-remap`: whose subordinate ids containers get (subuid(5)). */
import { readFileSync } from 'node:fs';
import { InvalidArgument, quote } from '#base';
import type { IdMapping } from '#spec';
import type { IdMap } from '#supervisor';
import { defaultRemapUser } from './remap-user.ts';

/** The four files, for tests. */
export type ReadFile = (path: '/etc/subuid' | '/etc/subgid' | '/etc/passwd' | '/etc/group') => string;

/** undefined for ''. Throws InvalidArgument, in dockerd's words, for a user or group without ranges. */
export function idMapOf(remap: string, read: ReadFile = (path) => readFileSync(path, 'utf8')): IdMap | undefined {
  if (remap === '') return undefined;
  const [user = '', group = user, ...more] = (remap === 'default' ? defaultRemapUser : remap).split(':');
  if (user === '' || group === '' || more.length > 0) throw new InvalidArgument(`invalid user/group specification in "--userns-remap": ${quote(remap)}`);
  return {
    uids: rangesOf(namesOf(user, read('/etc/passwd'), 'user'), read('/etc/subuid'), 'subuid', user),
    gids: rangesOf(namesOf(group, read('/etc/group'), 'group'), read('/etc/subgid'), 'subgid', group),
  };
}

/** Ranges may be under the name or the number. */
function namesOf(wanted: string, database: string, what: 'user' | 'group'): string[] {
  const entry = database.split('\n').map((line) => line.split(':')).find(([name, , id]) => name === wanted || id === wanted);
  if (!entry && /^\d+$/.test(wanted)) return [wanted];
  if (!entry && wanted === defaultRemapUser) return [wanted];
  if (!entry) throw new InvalidArgument(`Error during ${what === 'user' ? 'uid' : 'gid'} lookup for ${quote(wanted)}: no such ${what}`);
  return [entry[0] ?? '', entry[2] ?? ''];
}

function rangesOf(names: readonly string[], table: string, file: 'subuid' | 'subgid', wanted: string): IdMapping[] {
  const rows = table.split('\n').map((line) => line.split(':')).filter(([name = '']) => names.includes(name));
  const ranges = rows.map(([, first, count]) => ({ hostID: Number(first), size: Number(count) })).filter(({ hostID, size }) => hostID > 0 && size > 0);
  if (ranges.length === 0) throw new InvalidArgument(`Can't create ID mappings: no ${file} ranges found for ${file === 'subuid' ? 'user' : 'group'} ${quote(wanted)} in /etc/${file}`);
  let containerID = 0;
  return ranges.toSorted((a, b) => a.hostID - b.hostID).map((range) => {
    const mapping = { containerID, ...range };
    containerID += range.size;
    return mapping;
  });
}
