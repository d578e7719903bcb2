/** The user whose subordinate ids `--userns-remap default` means: made when there is none, as dockerd makes it. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { errnoOf, Internal, messageOf } from '#base';

/** What `default` means, as with dockerd. */
export const defaultRemapUser = 'dockremap';

const length = 65_536;
const first = 100_000;

type File = '/etc/passwd' | '/etc/subuid' | '/etc/subgid';

/** What it reads and runs, for tests. */
export interface UserTools {
  read(file: File): string;
  /** Throws ENOENT for a command that is not installed. */
  run(command: string, args: readonly string[]): void;
}

const hostTools: UserTools = {
  read: (file) => readFileSync(file, { encoding: 'utf8', flag: 'a+' }), // those of subordinate ids need not be there
  run: (command, args) => void execFileSync(command, args, { stdio: ['ignore', 'ignore', 'pipe'] }),
};

/** Makes the user, its group and a range of 65,536 ids of each kind that nobody else has. Does nothing where the user is. Throws Internal. */
export function makeRemapUser(remap: string, tools: UserTools = hostTools): void {
  if (remap !== 'default' || rows(tools.read('/etc/passwd')).some(([name]) => name === defaultRemapUser)) return;
  try {
    addUser(tools);
    for (const [file, flag] of [['/etc/subuid', '--add-subuids'], ['/etc/subgid', '--add-subgids']] as const) {
      const taken = rows(tools.read(file));
      if (taken.some(([name]) => name === defaultRemapUser)) continue; // the distribution's tools gave it one
      const start = freeRange(taken);
      tools.run('usermod', [flag, `${start}-${start + length - 1}`, defaultRemapUser]);
    }
  } catch (error) {
    throw new Internal(`Error during "${defaultRemapUser}" user creation: ${messageOf(error)}`, { cause: error });
  }
}

function addUser({ run }: UserTools): void {
  try {
    run('useradd', ['--system', '--user-group', '--no-create-home', '--shell', '/bin/false', defaultRemapUser]);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
    run('adduser', ['--system', '--shell', '/bin/false', '--no-create-home', '--disabled-login', '--disabled-password', '--group', defaultRemapUser]);
  }
}

/** The lowest start, from 100,000 on, of a range that overlaps none of those. */
function freeRange(taken: readonly string[][]): number {
  const ranges = taken.map(([, start, count]) => ({ start: Number(start), end: Number(start) + Number(count) })).toSorted((a, b) => a.start - b.start);
  return ranges.reduce((start, range) => (range.start < start + length && range.end > start ? range.end : start), first);
}

function rows(table: string): string[][] {
  return table.split('\n').filter(Boolean).map((line) => line.split(':'));
}
