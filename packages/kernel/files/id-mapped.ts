/** Directories seen with other owners (mount_setattr(2), MOUNT_ATTR_IDMAP, Linux 5.12; as an overlay's layers since 5.19). */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync, readlinkSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Internal } from '#base';
import { bind, check } from '../libc.ts';
import { detachedMount } from './mounts.ts';
import { close, cwd } from './open.ts';

const openTreeOf = bind<(number: number, directory: number, path: string, flags: number) => number>('long syscall(long number, int dirfd, const char *path, unsigned int flags)');
const setAttributesOf = bind<(number: number, fd: number, path: string, flags: number, attributes: Uint8Array, size: number) => number>('long syscall(long number, int dirfd, const char *path, unsigned int flags, const void *attributes, size_t size)');
const moveMountOf = bind<(number: number, from: number, fromPath: string, to: number, toPath: string, flags: number) => number>('long syscall(long number, int from, const char *from_path, int to, const char *to_path, unsigned int flags)');

const calls = { openTree: 428, moveMount: 429, setAttributes: 442 } as const;
/** OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC. */
const cloneTree = 1 | 0o2000000;
const emptyPath = 0x1000;
const fromEmptyPath = 4;
const idMapped = 0x0010_0000n;

/** Mounts `source` at `target`, ids translated as the user namespace `namespace` (a descriptor) maps them. Throws SystemError. */
export function mountIdMapped(source: string, target: string, namespace: number): void {
  const tree = check('open_tree', openTreeOf(calls.openTree, cwd, source, cloneTree), source);
  try {
    const attributes = new BigUint64Array([idMapped, 0n, 0n, BigInt(namespace)]);
    check('mount_setattr', setAttributesOf(calls.setAttributes, tree, '', emptyPath, new Uint8Array(attributes.buffer), attributes.byteLength), source);
    check('move_mount', moveMountOf(calls.moveMount, tree, '', cwd, target, fromEmptyPath), target);
  } finally {
    close(tree);
  }
}

/**
 * Mounts an overlay at `target` on the host that works with other ids than this process's: what it makes by itself, such
 * as its work directory, must have an owner that its id-mapped layers know. `options` in fstab form.
 */
export function mountOverlayAs(uid: number, gid: number, options: readonly string[], target: string): void {
  const mount = withFileIds(uid, gid, () => detachedMount('overlay', 'overlay', options));
  try {
    check('move_mount', moveMountOf(calls.moveMount, mount, '', cwd, target, fromEmptyPath), target);
  } finally {
    close(mount);
  }
}

const setFileUserOf = bind<(uid: number) => number>('int setfsuid(uint32_t uid)');
const setFileGroupOf = bind<(gid: number) => number>('int setfsgid(uint32_t gid)');
const capgetOf = bind<(header: Uint8Array, data: Buffer) => number>('int capget(void *header, _Inout_ uint8_t *data)');
const capsetOf = bind<(header: Uint8Array, data: Uint8Array) => number>('int capset(void *header, const void *data)');
/** _LINUX_CAPABILITY_VERSION_3, this thread. */
const capabilityHeader = new Uint8Array(new Uint32Array([0x2008_0522, 0]).buffer);

/** File-system ids are the thread's own (setfsuid(2)): nothing else may run meanwhile. Leaving 0 takes capabilities away, which are taken back. */
export function withFileIds<T>(uid: number, gid: number, work: () => T): T {
  const capabilities = Buffer.alloc(24);
  check('capget', capgetOf(capabilityHeader, capabilities));
  setFileGroupOf(gid);
  setFileUserOf(uid);
  try {
    check('capset', capsetOf(capabilityHeader, capabilities));
    return work();
  } finally {
    setFileUserOf(0);
    setFileGroupOf(0);
    check('capset', capsetOf(capabilityHeader, capabilities));
  }
}

/**
 * A user namespace with these maps (`inside outside count` lines), as a descriptor; nobody lives in it. A process of many
 * threads cannot make one: util-linux's unshare does, and ends.
 */
export async function openIdMap(uidMap: string, gidMap: string): Promise<number> {
  const child = spawn('unshare', ['--user', '--', 'sleep', '60'], { stdio: 'ignore' });
  try {
    await once(child, 'spawn');
    const at = (name: string): string => `/proc/${child.pid}/${name}`;
    const own = readlinkSync('/proc/self/ns/user');
    for (let attempt = 0; readlinkSync(at('ns/user')) === own; attempt += 1) {
      if (attempt === 500) throw new Internal('unshare makes no user namespace');
      await sleep(2);
    }
    writeFileSync(at('uid_map'), uidMap);
    writeFileSync(at('gid_map'), gidMap);
    return openSync(at('ns/user'), 'r');
  } finally {
    child.kill('SIGKILL');
  }
}
