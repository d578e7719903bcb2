import { tolerating } from '#base';
import { OpenFiles } from '#kernel';
import { LONGEST } from './sysctls.ts';

/**
 * Sysctls of the daemon's own network namespace, asked for again with every container: their files stay open for a while. The
 * files of all namespaces are one another's neighbours below /proc/sys/net, and Linux looks at each on the way to one of them.
 */
export class OwnSysctls implements Disposable {
  readonly #files = new OpenFiles();

  /** The value, as it is now, of one named as a path below /proc/sys; undefined when the kernel has none. Not for who visits another namespace. */
  read(name: string): string | undefined {
    return tolerating(['ENOENT'], undefined, () => this.#files.parsed('/proc/sys', name, trimmed, LONGEST));
  }

  [Symbol.dispose](): void {
    this.#files[Symbol.dispose]();
  }
}

const trimmed = (text: string): string => text.trim();
