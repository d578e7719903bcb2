/** Gives the files of a mount the container's label (`-v …:z`, shared with all containers, or `:Z`, its own alone). */
import { realpathSync } from 'node:fs';
import { opendir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { errnoOf, Internal, messageOf } from '#base';
import { setLabel } from '#kernel';
import type { WantedMount } from '../spec/bind.ts';
import { sharedLabelOf } from './choose.ts';

/** What the host itself lives on: a container's label there would shut the host out. */
const hosts: ReadonlySet<string> = new Set([
  '/', '/bin', '/boot', '/dev', '/etc', '/etc/passwd', '/etc/pki', '/etc/shadow', '/home', '/lib', '/lib64', '/media', '/opt', '/proc', '/root', '/run',
  '/sbin', '/srv', '/sys', '/tmp', '/usr', '/var', '/var/lib', '/var/log',
]);

/** `source` is where the mount's files lie. Throws Internal in dockerd's words; a file system without labels is left as it is. */
export async function relabelMount({ mode }: Pick<WantedMount, 'mode'>, source: string, label: string): Promise<void> {
  const words = mode.split(',');
  if (label === '' || !(words.includes('z') || words.includes('Z'))) return;
  try {
    const path = realpathSync(source);
    requireRelabelable(path);
    await relabel(path, words.includes('z') ? sharedLabelOf(label) : label);
  } catch (error) {
    if (errnoOf(error) === 'ENOTSUP') return;
    throw new Internal(`error setting label on mount source '${source}': ${messageOf(error)}`, { cause: error });
  }
}

/** Throws Internal for a directory of the host's own. */
export function requireRelabelable(path: string, home: string = homedir()): void {
  if (hosts.has(path) || path === home) throw new Internal(`SELinux relabeling of ${path} is not allowed`);
  if (path.startsWith('/usr')) throw new Internal('relabeling content in /usr is not allowed');
}

/** A directory after what is in it: who finds it labelled finds all of it so. What vanishes on the way needs none. */
async function relabel(path: string, label: string): Promise<void> {
  try {
    for await (const entry of await opendir(path)) {
      const inside = join(path, entry.name);
      if (entry.isDirectory()) await relabel(inside, label);
      else setIfThere(inside, label);
    }
  } catch (error) {
    if (errnoOf(error) !== 'ENOTDIR' && errnoOf(error) !== 'ENOENT') throw error;
  }
  setIfThere(path, label);
}

function setIfThere(path: string, label: string): void {
  try {
    setLabel(path, label);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
  }
}
