/** Where a mount stands in its namespace's tree (statmount(2), Linux 6.8; statx(2), STATX_MNT_ID_UNIQUE). */
import { bind, check } from '../libc.ts';
import { cwd } from './open.ts';

const statxOf = bind<(directory: number, path: string, flags: number, mask: number, buffer: Uint8Array) => number>('int statx(int dirfd, const char *path, int flags, unsigned int mask, void *buffer)');
const statmountOf = bind<(number: number, request: Uint8Array, buffer: Uint8Array, size: number, flags: number) => number>('long syscall(long number, const void *request, void *buffer, size_t size, unsigned int flags)');

const statmount = 457;
const uniqueId = 0x4000;
const basics = 2n; // STATMOUNT_MNT_BASIC
const mountRoot = 0x2000n; // STATX_ATTR_MOUNT_ROOT

/**
 * Whether this process's root is a mount at the very bottom of its namespace's tree, or on the mount that is, and the first
 * process's too: so it is for whoever was not moved by chroot(2), but for oddities. A host that runs from its initramfs has
 * every mount on the lowest. Throws SystemError where the kernel cannot tell.
 */
export function rootIsLowest(): boolean {
  const root = rootedAt('/');
  if (root === undefined || rootedAt('/proc/1/root') !== root) return false;
  const below = parentOf(root);
  return parentOf(below) === below;
}

/** The mount whose root the directory is; undefined for one below. */
function rootedAt(directory: string): bigint | undefined {
  const stat = Buffer.alloc(256);
  check('statx', statxOf(cwd, directory, 0, uniqueId, stat), directory);
  const told = (stat.readBigUInt64LE(8) & mountRoot) !== 0n && (stat.readUInt32LE(0) & uniqueId) !== 0;
  return told ? stat.readBigUInt64LE(144) : undefined;
}

function parentOf(mount: bigint): bigint {
  const request = Buffer.alloc(24);
  request.writeUInt32LE(request.length, 0);
  request.writeBigUInt64LE(mount, 8);
  request.writeBigUInt64LE(basics, 16);
  const answer = Buffer.alloc(1024);
  check('statmount', statmountOf(statmount, request, answer, answer.length, 0));
  return answer.readBigUInt64LE(48);
}
