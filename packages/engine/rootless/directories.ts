/** Where a daemon of an ordinary user keeps its things (XDG Base Directory Specification). */
import { join } from 'node:path';

/** Tells the daemon inside its home whose it is. */
export const ownerVariable = 'NARU_ROOTLESS_UID';

/** What `userDirectories` says for a rootless daemon, nothing for root's. */
export function ownDefaults(env: Readonly<Record<string, string | undefined>> = process.env, euid: number = process.geteuid?.() ?? 0): Readonly<Record<string, string>> {
  const owner = env[ownerVariable] ?? String(euid);
  return owner === '0' ? {} : userDirectories(env, Number(owner));
}

/** For sessions that have no runtime directory; `enterHome` sees to it that it is the user's own. */
export function fallbackDirectory(uid: number): string {
  return `/tmp/naru-${uid}`;
}

/** The defaults of flags that name places only root may write to, by flag. `uid` is the user's own, on the host. */
export function userDirectories(env: Readonly<Record<string, string | undefined>>, uid: number): Readonly<Record<string, string>> {
  const home = env['HOME'] || '/';
  const runtime = join(env['XDG_RUNTIME_DIR'] || fallbackDirectory(uid), 'naru');
  return {
    host: `unix://${join(runtime, 'naru.sock')}`,
    'exec-root': runtime,
    group: '', // the host's groups are not the user's to give
    pidfile: join(runtime, 'naru.pid'),
    'plugin-sockets': join(runtime, 'plugins'),
    'data-root': join(env['XDG_DATA_HOME'] || join(home, '.local/share'), 'naru'),
    'config-file': join(env['XDG_CONFIG_HOME'] || join(home, '.config'), 'naru/daemon.json'),
  };
}
