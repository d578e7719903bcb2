/** Sysctls of the namespace that the calling thread is in, named as paths below /proc/sys ("net/ipv4/ip_forward"). */
import { closeSync, openSync, readFileSync, readSync, watch, writeFileSync, writeSync, type FSWatcher } from 'node:fs';
import { tolerating } from '#base';

/** A number or two, or three. The kernel clears as many bytes as it is asked for. */
export const LONGEST = 128;

/** Undefined when the kernel has none of that name. */
export function readSysctl(name: string): string | undefined {
  return tolerating(['ENOENT'], undefined, () => readFileSync(`/proc/sys/${name}`, 'utf8').trim());
}

/** Nothing is written where the value is that already, or where the kernel has none of that name. Throws what the kernel refuses (EROFS, EINVAL). */
export function writeSysctl(name: string, value: string): void {
  const old = readSysctl(name);
  if (old !== undefined && old !== value) writeFileSync(`/proc/sys/${name}`, value);
}

/**
 * As `writeSysctl`, and gives what it was. Finding a file below /proc/sys costs more than to read and to write it, the more so the
 * more namespaces there are: it is opened once, for both, where it can be (/proc/sys is read-only in many a container).
 */
export function exchangeSysctl(name: string, value: string): string | undefined {
  const file = tolerating(['ENOENT', 'EROFS'], undefined, () => openSync(`/proc/sys/${name}`, 'r+'));
  if (file === undefined) {
    const old = readSysctl(name);
    writeSysctl(name, value);
    return old;
  }
  try {
    const old = readFileSync(file, 'utf8').trim();
    if (old !== value) writeSync(file, value, 0); // from its beginning: see sysctl_writes_strict
    return old;
  } finally {
    closeSync(file);
  }
}

/**
 * As `exchangeSysctl` until it is disposed of, which puts back what it was, from whatever namespace: its file stays open. Undefined when
 * the kernel has none.
 */
export function changeSysctl(name: string, value: string): Disposable | undefined {
  const file = tolerating(['ENOENT', 'EROFS'], undefined, () => openSync(`/proc/sys/${name}`, 'r+'));
  if (file === undefined) {
    writeSysctl(name, value); // is refused but where it has that value
    return readSysctl(name) === undefined ? undefined : { [Symbol.dispose]: () => undefined };
  }
  try {
    const bytes = Buffer.allocUnsafe(LONGEST);
    const old = bytes.toString('latin1', 0, readSync(file, bytes, 0, LONGEST, 0)).trim();
    const write = (text: string) => void (old !== value && writeSync(file, text, 0)); // from its beginning: see sysctl_writes_strict
    write(value);
    return {
      [Symbol.dispose]: () => {
        try {
          tolerating(['ENOENT'], undefined, () => write(old)); // its namespace may have gone
        } finally {
          closeSync(file);
        }
      },
    };
  } catch (error) {
    closeSync(file);
    throw error;
  }
}

/** Calls `written` when anybody writes it who sees it in this /proc (inotify(7)), until disposed of. Never where the kernel has none, or gives no watch more. */
export function watchSysctl(name: string, written: () => void): Disposable {
  const watcher: FSWatcher | undefined = tolerating(['ENOENT', 'ENOSPC', 'EMFILE'], undefined, () => watch(`/proc/sys/${name}`, { persistent: false }, written));
  watcher?.on('error', written);
  return { [Symbol.dispose]: () => watcher?.close() };
}
