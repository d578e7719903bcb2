/** Mounts that nobody else sees, by the file-descriptor calls (Linux 5.2). */
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, relative } from 'node:path';
import { errnoOf, tolerating } from '#base';
import { bind, check } from '../libc.ts';
import { classicOptions } from './mount-options.ts';
import { close } from './open.ts';

const fsopenOf = bind<(number: number, type: string, flags: number) => number>('long syscall(long number, const char *type, unsigned int flags)');
const fsconfigOf = bind<(number: number, fd: number, command: number, key: string | null, value: string | null, aux: number) => number>('long syscall(long number, int fd, unsigned int command, const char *key, const char *value, int aux)');
const fsmountOf = bind<(number: number, fd: number, flags: number, attributes: number) => number>('long syscall(long number, int fd, unsigned int flags, unsigned int attributes)');

const calls = { fsopen: 430, fsconfig: 431, fsmount: 432 } as const;
const configure = { flag: 0, string: 1, create: 6 } as const;

/**
 * Makes a mount that is attached nowhere and returns its descriptor: reach it through `/proc/self/fd/N`. No other
 * process sees it, and it ends with the descriptor, so also with kill -9. `options` in fstab form; `a=b` are the file
 * system's own, of the rest `ro`, `nosuid`, `nodev`, `noexec` are understood and others passed on as flags.
 */
export function detachedMount(type: string, source: string, options: readonly string[]): number {
  try {
    return attempt(type, source, options, setOption);
  } catch (error) {
    if (type !== 'overlay' || errnoOf(error) !== 'EINVAL') throw error;
    return overlayOfOldKernel(source, options);
  }
}

function attempt(type: string, source: string, options: readonly string[], set: (fd: number, option: string) => void): number {
  const fd = check('fsopen', fsopenOf(calls.fsopen, type, 1), type);
  try {
    config(fd, configure.string, 'source', source);
    let attributes = 0;
    for (const option of options) {
      if (option in attributeOf) attributes |= attributeOf[option] as number;
      else set(fd, option);
    }
    config(fd, configure.create, null, null);
    return check('fsmount', fsmountOf(calls.fsmount, fd, 1, attributes), type);
  } finally {
    close(fd);
  }
}

/**
 * Before Linux 6.8 overlay takes its lower directories as one value, of at most 255 bytes: they are named relative to
 * the directory they share. Main thread only, since the working directory is the process's.
 */
export function overlayOfOldKernel(source: string, options: readonly string[]): number {
  const lowers = (options.find((option) => option.startsWith('lowerdir='))?.slice('lowerdir='.length) ?? '').split(':');
  const shared = sharedDirectory(lowers);
  const short = `lowerdir=${lowers.map((path) => relative(shared, path)).join(':')}`;
  const before = process.cwd();
  process.chdir(shared);
  try {
    return attempt('overlay', source, options.map((option) => (option.startsWith('lowerdir=') ? short : option)), setWhole);
  } finally {
    process.chdir(before);
  }
}

function sharedDirectory(paths: readonly string[]): string {
  let shared = dirname(paths[0] ?? '/');
  while (shared !== '/' && !paths.every((path) => path.startsWith(`${shared}/`))) shared = dirname(shared);
  return shared;
}

const attributeOf: Readonly<Record<string, number>> = { ro: 1, rw: 0, nosuid: 2, nodev: 4, noexec: 8 };

/** A value is at most 255 bytes long for fsconfig(2): overlay's lower directories go in one by one. */
function setOption(fd: number, option: string): void {
  if (!option.startsWith('lowerdir=')) return setWhole(fd, option);
  for (const directory of option.slice('lowerdir='.length).split(':')) config(fd, configure.string, 'lowerdir+', directory);
}

function setWhole(fd: number, option: string): void {
  const equals = option.indexOf('=');
  if (equals < 0) config(fd, configure.flag, option, null);
  else config(fd, configure.string, option.slice(0, equals), option.slice(equals + 1));
}

function config(fd: number, command: number, key: string | null, value: string | null): void {
  check('fsconfig', fsconfigOf(calls.fsconfig, fd, command, key, value, 0), key ?? 'create');
}

const mountOf = bind<(source: string, target: string, type: string, flags: number, data: string) => number>('int mount(const char *source, const char *target, const char *type, unsigned long flags, const char *data)');
const unmountOf = bind<(target: string, flags: number) => number>('int umount2(const char *target, int flags)');

const detach = 2;

/**
 * A mount that the host sees too (mount(2)): for what more than one container shares. `options` in fstab form. Whoever
 * makes it unmounts it, also after its process was killed.
 */
export function mountOnHost(type: string, source: string, target: string, options: readonly string[]): void {
  const { flags, data } = classicOptions(options);
  check('mount', mountOf(source, target, type, flags, data.join(',')), target);
}

/** How many mounts lie on each other at a path, its links followed; none where there is nothing. */
export function mountsAt(path: string): number {
  if (!existsSync(path)) return 0;
  const place = realpathSync(path);
  const points = readFileSync('/proc/self/mountinfo', 'utf8').split('\n').map((line) => line.split(' ')[4]?.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8))));
  return points.filter((point) => point === place).length;
}

/** Takes away a mount at once, whoever still uses it (MNT_DETACH); false when nothing is mounted there. */
export function unmountFromHost(target: string): boolean {
  if (unmountOf(target, detach) === 0) return true;
  tolerating(['EINVAL', 'ENOENT'], undefined, () => check('umount', -1, target));
  return false;
}
