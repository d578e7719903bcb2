/**
 * What a process may do that is root only inside a user namespace (user_namespaces(7)): rootless Naru, or Naru inside
 * another engine's rootless container.
 */
import { readFileSync, statSync } from 'node:fs';

let cached: boolean | undefined;

/** True when this process's ids are not the host's own. Read once: nobody leaves a user namespace. */
export function inUserNamespace(): boolean {
  cached ??= !mapsEverything(readFileSync('/proc/self/uid_map', 'utf8'));
  return cached;
}

/** The initial namespace maps all 2^32 - 1 ids onto themselves. */
export function mapsEverything(uidMap: string): boolean {
  return uidMap.trim().split(/\s+/).join(' ') === '0 0 4294967295';
}

/** True for the host's own root, who may everything that his capabilities say. */
export function isHostRoot(): boolean {
  return process.geteuid?.() === 0 && !inUserNamespace();
}

/** True when the network namespace this process is in is its user namespace's: its settings in /proc/sys/net belong to that one's root. */
export function ownsNetwork(): boolean {
  return !inUserNamespace() || statSync('/proc/sys/net/ipv4/ip_forward').uid === 0;
}

/** True when group `gid` of this user namespace is a group of the host's, by the lines of a gid_map. */
export function mapsGroup(gid: number, gidMap: string = readFileSync('/proc/self/gid_map', 'utf8')): boolean {
  return gidMap.trim().split('\n').some((line) => {
    const [first = 0, , count = 0] = line.trim().split(/\s+/).map(Number);
    return gid >= first && gid < first + count;
  });
}

/** True in a user namespace whose group map was written without privilege: nobody in it can set groups any more. */
export function setgroupsDenied(): boolean {
  return inUserNamespace() && readFileSync('/proc/self/setgroups', 'utf8').trim() === 'deny';
}

/** Where overlayfs keeps its marks: `trusted.` takes the host's CAP_SYS_ADMIN, with `userxattr` it uses `user.`. */
export function overlayAttribute(name: 'opaque', confined: boolean = inUserNamespace()): string {
  return `${confined ? 'user' : 'trusted'}.overlay.${name}`;
}
