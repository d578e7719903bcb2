/**
 * What may be mounted at and below /proc. A false /proc (CVE-2019-16884) or a file of another's laid over one of its own
 * (CVE-2025-52881) would take what is written there for the container's protection. The list is runc's.
 */
import { posix } from 'node:path';
import { InvalidArgument } from '#base';
import type { OciMount, OciSpec } from '#spec';

/** Files that only tell of the machine: lxcfs and the like put their own there. */
const harmless = new Set([
  '/proc/cpuinfo', '/proc/diskstats', '/proc/meminfo', '/proc/stat', '/proc/swaps', '/proc/uptime', '/proc/loadavg', '/proc/slabinfo',
  '/proc/sys/kernel/ns_last_pid', '/proc/sys/crypto/fips_enabled',
]);

/** Throws InvalidArgument in runc's words. */
export function refuseFalseProc(spec: OciSpec): void {
  for (const mount of spec.mounts ?? []) {
    const destination = posix.resolve('/', mount.destination);
    const why = destination === '/proc' ? wrongAtProc(mount) : destination.startsWith('/proc/') && !harmless.has(destination) ? 'it is inside /proc' : undefined;
    if (why) throw new InvalidArgument(`error mounting "${mount.source ?? mount.type ?? ''}" to rootfs at "${destination}": "${destination}" cannot be mounted because ${why}`);
  }
}

/** proc itself, or the host's bound. */
function wrongAtProc({ type, source, options = [] }: OciMount): string | undefined {
  const bound = type === 'bind' || options.includes('bind') || options.includes('rbind');
  return (bound ? source === '/proc' : type === 'proc') ? undefined : 'it is not of type proc';
}
