/**
 * koffi, the FFI library, as its compiled half alone: the package around it has an install script, which would run
 * before `prepare` has brought what Node 26 itself needs. Only what the kernel room uses is described here.
 */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { NotFound } from '#base';

/** A loaded shared library. */
export interface SharedLibrary {
  /** The function a C prototype declares; `F` is what the caller knows of it in TypeScript. */
  func<F extends (...args: never[]) => unknown>(prototype: string): F;
}

/** A descriptor watched by the event loop; close it before the descriptor. */
interface PollHandle {
  close(): void;
  /** Lets the process end although it is watched. */
  unref(): void;
}

interface Koffi {
  /** dlopen(3); throws when there is no such library. */
  load(name: string): SharedLibrary;
  /** errno of the last call, to be read before anything else is called. */
  errno(): number;
  /** Where the bytes lie in memory. */
  address(bytes: Uint8Array): bigint;
  readonly node: {
    /** Calls `ready` in the event loop while the descriptor is so (libuv's uv_poll_t: level-triggered). */
    poll(fd: number, events: { readonly readable?: boolean; readonly writable?: boolean }, ready: () => void): PollHandle;
  };
}

let opened: Koffi | undefined;

/** Loaded at its first use: commands that need none of it start without, and a start-up snapshot can hold no native code. */
export const koffi: Koffi = {
  load: (name) => open().load(name),
  errno: () => open().errno(),
  address: (bytes) => open().address(bytes),
  node: { poll: (fd, events, ready) => open().node.poll(fd, events, ready) },
};

/** Something of it was used. */
export const isLoaded = (): boolean => opened !== undefined;

/** The package's own index would look into Node's program for which C library it is of; ours is always glibc's. */
function open(): Koffi {
  if (opened) return opened;
  const native = { exports: {} };
  process.dlopen(native, find(`node_modules/@koromix/koffi-linux-${process.arch}/linux_${process.arch}/koffi.node`));
  return (opened = native.exports as Koffi);
}

/** As `require` would: here or further up. Node's own resolver is another 3 ms of a command's start. Throws NotFound. */
function find(file: string): string {
  for (let directory = dirname(import.meta.filename); ; directory = dirname(directory)) {
    const path = join(directory, file);
    if (existsSync(path)) return path;
    if (directory === '/') throw new NotFound(`${file} is not installed above ${import.meta.filename}`);
  }
}
