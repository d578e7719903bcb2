import { readFileSync, statSync } from 'node:fs';
import { errnoOf } from '#base';
import { inUserNamespace } from '#kernel';
import { NO_RESOLV_CONF, parseResolvConf, type ResolvConf } from './resolv-conf.ts';

/** The host's own, and where systemd-resolved keeps the real resolvers, when that one names but its own on the host's loopback (systemd-resolved(8)). */
const FILES = { host: '/etc/resolv.conf', systemd: '/run/systemd/resolve/resolv.conf' };
const SYSTEMD_STUB = '127.0.0.53';

/** The host's resolv.conf, read again when it changed. */
export class HostResolvConf {
  readonly #paths: typeof FILES;
  readonly #isConfined: boolean;
  readonly #files = new Map<string, { readonly mtimeMs: number; readonly conf: ResolvConf }>();
  #last = NO_RESOLV_CONF;
  #lookedAt = -Infinity;

  constructor(paths = FILES, isConfined = inUserNamespace()) {
    this.#paths = paths;
    this.#isConfined = isConfined;
  }

  /** As it is now; empty where there is none. A rootless daemon has a network of its own, where systemd-resolved's stub is not. */
  read(): ResolvConf {
    const conf = this.#read(this.#paths.host);
    if (!this.#isConfined || !isStub(conf)) return conf;
    const real = this.#read(this.#paths.systemd);
    return real === NO_RESOLV_CONF ? conf : real;
  }

  /** The one for who cannot reach the host's loopback: systemd-resolved's own, where the host's names but its stub. */
  readForOthers(): ResolvConf {
    const conf = this.#read(this.#paths.host);
    return isStub(conf) ? this.#read(this.#paths.systemd) : conf;
  }

  /** Looks at most once a second; what a file that is gone said last holds. */
  readNowAndThen(): ResolvConf {
    if (performance.now() - this.#lookedAt < 1000) return this.#last;
    this.#lookedAt = performance.now();
    const conf = this.read();
    if (conf !== NO_RESOLV_CONF) this.#last = conf;
    return this.#last;
  }

  #read(path: string): ResolvConf {
    try {
      const { mtimeMs } = statSync(path);
      const known = this.#files.get(path);
      if (known?.mtimeMs === mtimeMs) return known.conf;
      const conf = parseResolvConf(readFileSync(path, 'utf8'), path);
      this.#files.set(path, { mtimeMs, conf });
      return conf;
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return NO_RESOLV_CONF;
      throw error;
    }
  }
}

function isStub({ nameservers }: ResolvConf): boolean {
  return nameservers.length === 1 && nameservers[0] === SYSTEMD_STUB;
}
