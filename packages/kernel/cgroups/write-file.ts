/** How files of cgroupfs are written. */
import { closeSync, constants, openSync, writeSync } from 'node:fs';

/** One value into one file; throws as open(2) and write(2) do. */
export function writeCgroupFile(path: string, value: string): void {
  using files = new WrittenFiles();
  files.write(path, value);
}

/** Writes one value after the other; a file that takes several in a row, as device rules do, is found once. */
export class WrittenFiles implements Disposable {
  #open: { readonly path: string; readonly fd: number } | undefined;

  /** Opened without O_CREAT: cgroupfs answers that with EACCES where the file is missing. Some may only be written. */
  write(path: string, value: string): void {
    if (this.#open?.path !== path) {
      this[Symbol.dispose]();
      this.#open = { path, fd: openSync(path, constants.O_WRONLY) };
    }
    writeSync(this.#open.fd, value);
  }

  [Symbol.dispose](): void {
    if (this.#open) closeSync(this.#open.fd);
    this.#open = undefined;
  }
}
