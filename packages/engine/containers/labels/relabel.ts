/** Gives the files of a mount the container's label (`-v …:z`, shared with all containers, or `:Z`, its own alone). */
import { realpathSync } from 'node:fs';
import { homedir } from 'node:os';
import { Internal, messageOf } from '#base';
import { relabelTree } from '#kernel';
import type { OciMount } from '#spec';
import type { ContainerRecord } from '../record.ts';
import { sharedLabelOf } from './choose.ts';

/** What the host itself lives on: a container's label there would shut the host out. */
const hosts: ReadonlySet<string> = new Set([
  '/', '/bin', '/boot', '/dev', '/etc', '/etc/passwd', '/etc/pki', '/etc/shadow', '/home', '/lib', '/lib64', '/media', '/opt', '/proc', '/root', '/run',
  '/sbin', '/srv', '/sys', '/tmp', '/usr', '/var', '/var/lib', '/var/log',
]);

/**
 * `mounts` begin with those of the container's `wantedMounts`, in their order; what is mounted only inside the container has its
 * label from that. Throws Internal in dockerd's words; a file system without labels is left as it is.
 */
export async function relabelMounts({ wantedMounts, labels }: Pick<ContainerRecord, 'wantedMounts' | 'labels'>, mounts: readonly OciMount[]): Promise<void> {
  if (!labels?.mount) return;
  for (const [index, wanted] of wantedMounts.entries()) {
    const mount = mounts[index];
    if (mount?.type === 'bind' && mount.source !== undefined) await relabelMount(wanted.mode.split(','), mount.source, labels.mount);
  }
}

async function relabelMount(words: readonly string[], source: string, label: string): Promise<void> {
  if (!words.includes('z') && !words.includes('Z')) return;
  try {
    const path = realpathSync(source);
    requireRelabelable(path);
    await relabelTree({ path, label: words.includes('z') ? sharedLabelOf(label) : label });
  } catch (error) {
    throw new Internal(`error setting label on mount source '${source}': ${messageOf(error)}`, { cause: error });
  }
}

/** Throws Internal for a directory of the host's own. */
export function requireRelabelable(path: string, home: string = homedir()): void {
  if (hosts.has(path) || path === home) throw new Internal(`SELinux relabeling of ${path} is not allowed`);
  if (path.startsWith('/usr')) throw new Internal('relabeling content in /usr is not allowed');
}
