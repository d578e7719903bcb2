import { readFileSync, statSync } from 'node:fs';
import { errnoOf } from '#base';
import { NO_RESOLV_CONF, parseResolvConf, type ResolvConf } from './resolv-conf.ts';

const HOST_RESOLV_CONF = '/etc/resolv.conf';
/** Where systemd-resolved keeps the real resolvers, when the file above names but its own on the host's loopback (systemd-resolved(8)). */
const SYSTEMD_RESOLV_CONF = '/run/systemd/resolve/resolv.conf';
const SYSTEMD_STUB = '127.0.0.53';

/** The host's resolv.conf, read again when it changed. */
export class HostResolvConf {
  readonly #files = new Map<string, { readonly mtimeMs: number; readonly conf: ResolvConf }>();
  #last = NO_RESOLV_CONF;
  #lookedAt = -Infinity;

  /** As it is now; empty where there is none. */
  read(): ResolvConf {
    return this.#read(HOST_RESOLV_CONF);
  }

  /** The one for who cannot reach the host's loopback: systemd-resolved's own, where the host's names but its stub. */
  readForOthers(): ResolvConf {
    const conf = this.read();
    return conf.nameservers.length === 1 && conf.nameservers[0] === SYSTEMD_STUB ? this.#read(SYSTEMD_RESOLV_CONF) : conf;
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
