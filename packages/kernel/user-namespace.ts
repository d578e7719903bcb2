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

/** True when the network namespace this process is in is its user namespace's: its settings in /proc/sys/net belong to that one's root. */
export function ownsNetwork(): boolean {
  return !inUserNamespace() || statSync('/proc/sys/net/ipv4/ip_forward').uid === 0;
}

/** Where overlayfs keeps its marks: `trusted.` takes the host's CAP_SYS_ADMIN, with `userxattr` it uses `user.`. */
export function overlayAttribute(name: 'opaque', confined: boolean = inUserNamespace()): string {
  return `${confined ? 'user' : 'trusted'}.overlay.${name}`;
}
