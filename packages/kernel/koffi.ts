/**
 * koffi, the FFI library, as its compiled half alone: the package around it has an install script, which would run
 * before `prepare` has brought what Node 26 itself needs. Only what the kernel room uses is described here.
 */
import { createRequire } from 'node:module';

/** A loaded shared library. */
export interface SharedLibrary {
  /** The function a C prototype declares; `F` is what the caller knows of it in TypeScript. */
  func<F extends (...args: never[]) => unknown>(prototype: string): F;
}

interface Koffi {
  /** dlopen(3); throws when there is no such library. */
  load(name: string): SharedLibrary;
  /** errno of the last call, to be read before anything else is called. */
  errno(): number;
  /** Where the bytes lie in memory. */
  address(bytes: Uint8Array): bigint;
}

export const koffi = createRequire(import.meta.url)(`@koromix/koffi-linux-${process.arch}`) as Koffi;
