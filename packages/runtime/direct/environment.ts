/** A process's environment as runC gives it: of a name that is there twice the last counts, HOME is the user's where nobody says it. */
import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';
import { errnoOf } from '#base';
import { openat2, openFlags, resolveFlags } from '#kernel';
import type { OciProcess } from '#spec';

/** `root`: the container's root directory, whose passwd file tells the home. */
export function withEnvironment(process: OciProcess, root: string): OciProcess {
  const pairs = new Map((process.env ?? []).map((pair) => [pair.slice(0, Math.max(0, pair.indexOf('='))) || pair, pair]));
  if ((pairs.get('HOME') ?? 'HOME=') === 'HOME=') {
    pairs.delete('HOME');
    pairs.set('HOME', `HOME=${homeIn(readPasswd(root), process.user?.uid ?? 0)}`);
  }
  return { ...process, env: [...pairs.values()] };
}

/** From the text of a passwd(5) file; `/` for whom it does not name. */
export function homeIn(passwd: string, uid: number): string {
  const own = passwd.split('\n').map((line) => line.split(':')).find((fields) => fields.length >= 6 && fields[2] === String(uid));
  return own?.[5] || '/';
}

/** '' where there is none that can be read. Links in it lead nowhere but into the root. */
function readPasswd(root: string): string {
  let [directory, file] = [-1, -1];
  try {
    directory = openSync(root, openFlags.path | openFlags.directory);
    file = openat2(directory, '/etc/passwd', { flags: openFlags.read | openFlags.nonBlocking, resolve: resolveFlags.inRoot | resolveFlags.noMagicLinks });
    return fstatSync(file).isFile() ? readFileSync(file, 'utf8') : '';
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'EACCES', 'ELOOP'].includes(errnoOf(error) ?? '')) return '';
    throw error;
  } finally {
    for (const fd of [directory, file]) if (fd >= 0) closeSync(fd);
  }
}
