/**
 * A tree as somebody would see it, with mounts over it, in a mount namespace that nobody lives in: for reaching the files
 * of a container that does not run. It ends with its descriptors, so also with kill -9, and leaves nothing busy.
 *
 *   cloneTree(source) ─┐ detached
 *   detachedMount(…)  ─┴▶ layOver(root, trees) ▶ the root's descriptor now leads into all of them
 */
import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';
import { errnoOf } from '#base';
import { bind, check } from '../libc.ts';
import { fileType, statat } from './attributes.ts';
import { close, cwd, mkdirat, nodeTypes, openat, openat2, openFlags, resolveFlags } from './open.ts';

const openTreeOf = bind<(number: number, directory: number, path: string, flags: number) => number>('long syscall(long number, int dirfd, const char *path, unsigned int flags)');
const setAttributesOf = bind<(number: number, fd: number, path: string, flags: number, attributes: Uint8Array, size: number) => number>('long syscall(long number, int dirfd, const char *path, unsigned int flags, const void *attributes, size_t size)');
const moveMountOf = bind<(number: number, from: number, fromPath: string, to: number, toPath: string, flags: number) => number>('long syscall(long number, int from, const char *from_path, int to, const char *to_path, unsigned int flags)');
const unshareOf = bind<(flags: number) => number>('int unshare(int flags)');
const setnsOf = bind<(fd: number, kind: number) => number>('int setns(int fd, int nstype)');
const fchdirOf = bind<(fd: number) => number>('int fchdir(int fd)');
const chrootOf = bind<(path: string) => number>('int chroot(const char *path)');
const mountOf = bind<(source: string, target: string, type: string, flags: number, data: string) => number>('int mount(const char *source, const char *target, const char *type, unsigned long flags, const char *data)');

const calls = { openTree: 428, moveMount: 429, setAttributes: 442 } as const;
const clone = 1 | 0o2000000; // OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC
const recursive = 0x8000;
const emptyPath = 0x1000;
const bothByDescriptor = 4 | 0x40; // MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH
const readOnlyAttribute = 1n;
const privateMount = 1n << 18n;
const recursivePrivate = 0x4000 | (1 << 18);
const newMountNamespace = 0x20000;

/** A tree that goes over another one. */
export interface LaidTree {
  /** A detached mount. */
  readonly tree: number;
  /** Clean absolute path in the tree below; links are followed inside it, what is missing is made. */
  readonly destination: string;
}

/** A copy of the mount at `path`, attached nowhere; with the mounts below it unless `submounts` is false (open_tree(2), mount_setattr(2); Linux 5.12). Throws SystemError. */
export function cloneTree(path: string, { readOnly = false, submounts = true } = {}): number {
  return apart(check('open_tree', openTreeOf(calls.openTree, cwd, path, clone | (submounts ? recursive : 0)), path), readOnly);
}

/** Nothing that is mounted at its origin from now on comes into it. */
function apart(tree: number, readOnly: boolean): number {
  try {
    const attributes = new BigUint64Array([readOnly ? readOnlyAttribute : 0n, 0n, privateMount, 0n]);
    check('mount_setattr', setAttributesOf(calls.setAttributes, tree, '', emptyPath | recursive, new Uint8Array(attributes.buffer), attributes.byteLength));
    return tree;
  } catch (error) {
    close(tree);
    throw error;
  }
}

/**
 * Lays trees over the detached mount `root`, parents first. Returns the descriptor of the mount namespace that holds them:
 * they are there until it is closed. `place` is any directory of the host. Only for a thread with a root and a working
 * directory of its own (`clearThreadUmask`), which is back where it was. Throws SystemError.
 */
export function layOver(root: number, place: string, trees: readonly LaidTree[]): number {
  return andBack(() => {
    check('unshare', unshareOf(newMountNamespace));
    check('mount', mountOf('none', '/', '', recursivePrivate, ''), '/');
    attach(root, openat(cwd, place, openFlags.path | openFlags.directory));
    for (const { tree, destination } of trees) attach(tree, openPlace(root, destination, fileType(statat(tree, '').mode) === nodeTypes.directory));
    return openat(cwd, ownNamespace, openFlags.read);
  });
}

/**
 * A copy, attached nowhere, of the mount that is the root of the mount namespace of the process `pid`, without the mounts
 * below it: what they hide is seen. Nothing is mounted a second time, as its layers would be. The process's own root may
 * be any directory inside (chroot(2)). For the same threads as `layOver`. Throws SystemError.
 */
export function cloneRootOf(pid: number): number {
  return andBack(() => {
    enter(openat(cwd, `/proc/${pid}/ns/mnt`, openFlags.read)); // which leads to its root
    return apart(check('open_tree', openTreeOf(calls.openTree, cwd, '/', clone), `root of ${pid}`), true);
  });
}

/** Whether this thread's root is another than that of its mount namespace (chroot(2)). For the same threads as `layOver`. Throws SystemError. */
export function belowChroot(): boolean {
  const own = placeOf('/');
  return andBack(() => {
    enter(openat(cwd, ownNamespace, openFlags.read)); // which leads to its root
    return placeOf('/') !== own;
  });
}

/** What tells a directory from every other: its mount and its inode. Throws when it is not there. */
function placeOf(directory: string): string {
  const fd = openSync(directory, 'r');
  try {
    const mount = /^mnt_id:\s+(\d+)$/m.exec(readFileSync(`/proc/thread-self/fdinfo/${fd}`, 'utf8'))?.[1];
    return `${mount} ${fstatSync(fd, { bigint: true }).ino}`;
  } finally {
    closeSync(fd);
  }
}

const ownNamespace = '/proc/thread-self/ns/mnt';

function enter(namespace: number): void {
  try {
    check('setns', setnsOf(namespace, newMountNamespace));
  } finally {
    close(namespace);
  }
}

/** Calls `work`, which leaves for another mount namespace; afterwards namespace, root and working directory are what they were. */
function andBack<T>(work: () => T): T {
  const before = { namespace: openat(cwd, ownNamespace, openFlags.read), root: openat(cwd, '/', openFlags.path), directory: openat(cwd, '.', openFlags.path) };
  try {
    return work();
  } finally {
    check('setns', setnsOf(before.namespace, newMountNamespace));
    check('fchdir', fchdirOf(before.root));
    check('chroot', chrootOf('.'));
    check('fchdir', fchdirOf(before.directory));
    for (const fd of Object.values(before)) close(fd);
  }
}

function attach(tree: number, place: number): void {
  try {
    check('move_mount', moveMountOf(calls.moveMount, tree, '', place, '', bothByDescriptor));
  } finally {
    close(place);
  }
}

/** A mount point inside the root, made with its parents when missing. */
function openPlace(root: number, path: string, directory: boolean): number {
  const inside = path.slice(1) || '.';
  const open = (): number => openat2(root, inside, { flags: openFlags.path, resolve: resolveFlags.inRoot | resolveFlags.noMagicLinks });
  try {
    return open();
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
  }
  const slash = path.lastIndexOf('/');
  const parent = openPlace(root, path.slice(0, slash) || '/', true);
  try {
    const name = path.slice(slash + 1);
    if (directory) mkdirat(parent, name, 0o755);
    else close(openat(parent, name, openFlags.write | openFlags.create | openFlags.noFollow, 0o755));
  } finally {
    close(parent);
  }
  return open();
}
