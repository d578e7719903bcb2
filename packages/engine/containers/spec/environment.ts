/** The environment of a container's process: Docker's own variables, then the configured ones over them. */
import { defaultPath, type ContainerConfig } from '#spec';

/** In order of appearance; an entry without `=` takes the variable away. */
export function environmentOf(config: Pick<ContainerConfig, 'Env' | 'Tty'>, hostname: string, linked: readonly string[] = []): string[] {
  const base = [`PATH=${defaultPath}`, `HOSTNAME=${hostname}`, ...(config.Tty ? ['TERM=xterm'] : []), ...linked];
  return overlayEnvironment(base, config.Env ?? []);
}

/** Replaces in place, appends what is new, removes what comes without `=`. */
export function overlayEnvironment(base: readonly string[], changes: readonly string[]): string[] {
  const entries = new Map<string, string>(base.map((entry) => [keyOf(entry), entry]));
  for (const change of changes) {
    if (change.includes('=')) entries.set(keyOf(change), change);
    else entries.delete(change);
  }
  return [...entries.values()];
}

function keyOf(entry: string): string {
  return entry.split('=', 1)[0] ?? '';
}
