/** `--tmpfs /path:options`. */
import { Internal, quote } from '#base';

const words = ['exec', 'noexec', 'suid', 'nosuid', 'dev', 'nodev', 'rw', 'ro', 'sync', 'async', 'dirsync', 'remount', 'mand', 'nomand', 'atime', 'noatime', 'diratime', 'nodiratime', 'bind', 'rbind', 'unbindable', 'runbindable', 'private', 'rprivate', 'shared', 'rshared', 'slave', 'rslave', 'relatime', 'norelatime', 'strictatime', 'nostrictatime', 'defaults'];
const keys = ['mode', 'uid', 'gid', 'size', 'nr_inodes', 'nr_blocks', 'mpol'];

/** The mount's options, Docker's `noexec,nosuid,nodev,rprivate` first so that the user's word is the last. Throws Internal (500, as dockerd at start). */
export function tmpfsMountOptions(text: string): string[] {
  const given = text === '' ? [] : text.split(',');
  for (const option of given) {
    const [key = '', value] = option.split('=', 2);
    const known = value === undefined ? words.includes(key) : keys.includes(key);
    if (!known) throw new Internal(`invalid tmpfs option ${quote(key)}`);
  }
  return withoutOpposites(['noexec', 'nosuid', 'nodev', 'rprivate', ...given]);
}

/** The last of `exec` and `noexec` holds, also for a kernel that reads flags in any order. */
function withoutOpposites(options: readonly string[]): string[] {
  const last = new Map<string, string>();
  for (const option of options) {
    const key = option.split('=', 1)[0] ?? option;
    const positive = key.startsWith('no') && words.includes(key.slice(2)) ? key.slice(2) : key;
    last.delete(positive);
    last.set(positive, option);
  }
  return [...last.values()];
}
