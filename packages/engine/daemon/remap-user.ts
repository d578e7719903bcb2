/** The user whose subordinate ids `--userns-remap default` means: made when there is none, as dockerd makes it. */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { errnoOf, Internal, messageOf, tolerating } from '#base';

/** What `default` means, as with dockerd. */
export const defaultRemapUser = 'dockremap';

const length = 65_536;
const first = 100_000;

type File = '/etc/passwd' | '/etc/subuid' | '/etc/subgid';

/** What it reads and runs, for tests. */
export interface UserTools {
  /** '' where the file is not there. */
  read(file: File): string;
  /** An empty file where there is none. */
  make(file: File): void;
  /** Throws ENOENT for a command that is not installed. */
  run(command: string, args: readonly string[]): void;
}

const hostTools: UserTools = {
  read: (file) => {
    return tolerating(['ENOENT'], '', () => readFileSync(file, 'utf8'));
  },
  make: (file) => writeFileSync(file, '', { flag: 'a' }),
  run: (command, args) => void execFileSync(command, args, { stdio: ['ignore', 'ignore', 'pipe'] }),
};

/** Makes the user, its group and a range of 65,536 ids of each kind that nobody else has, as far as they are not there: a daemon may have been killed amid it. Throws Internal. */
export function makeRemapUser(remap: string, tools: UserTools = hostTools): void {
  if (remap !== 'default') return;
  try {
    const [, , uid, gid] = rows(tools.read('/etc/passwd')).find(([name]) => name === defaultRemapUser) ?? addUser(tools);
    for (const [file, flag, number] of [['/etc/subuid', '--add-subuids', uid], ['/etc/subgid', '--add-subgids', gid]] as const) {
      const taken = rows(tools.read(file));
      if (taken.some(([owner]) => owner === defaultRemapUser || owner === number)) continue; // the distribution's tools give it one
      const start = freeRange(taken);
      tools.make(file); // without it usermod refuses
      tools.run('usermod', [flag, `${start}-${start + length - 1}`, defaultRemapUser]);
    }
  } catch (error) {
    throw new Internal(`Error during "${defaultRemapUser}" user creation: ${messageOf(error)}`, { cause: error });
  }
}

/** Its row of passwd need not be known: what has its number has its name. */
function addUser({ run }: UserTools): string[] {
  try {
    run('useradd', ['--system', '--user-group', '--no-create-home', '--shell', '/bin/false', defaultRemapUser]);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
    run('adduser', ['--system', '--shell', '/bin/false', '--no-create-home', '--disabled-login', '--disabled-password', '--group', defaultRemapUser]);
  }
  return [];
}

/** The lowest start, from 100,000 on, of a range that overlaps none of those. */
function freeRange(taken: readonly string[][]): number {
  const ranges = taken.map(([, start, count]) => ({ start: Number(start), end: Number(start) + Number(count) })).toSorted((a, b) => a.start - b.start);
  return ranges.reduce((start, range) => (range.start < start + length && range.end > start ? range.end : start), first);
}

function rows(table: string): string[][] {
  return table.split('\n').filter(Boolean).map((line) => line.split(':'));
}
