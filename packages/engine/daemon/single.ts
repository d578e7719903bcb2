/** One daemon for each data root, and its pid file. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Conflict, tolerating } from '#base';
import { lockFile } from '#kernel';
import type { EngineConfig } from '../context.ts';

/** The right to a data root. Disposing gives it back and removes the pid file. */
export interface Claim extends Disposable {
  /** Gives it back to a successor, which has written the pid file anew or soon will. */
  pass(): void;
}

/** Throws Conflict when a daemon uses the data root already. */
export function claim({ dataRoot, execRoot, pidfile }: Pick<EngineConfig, 'dataRoot' | 'execRoot' | 'pidfile'>): Claim {
  for (const directory of [dataRoot, join(dataRoot, 'tmp'), execRoot, dirname(pidfile)]) mkdirSync(directory, { recursive: true, mode: 0o711 });
  const lock = lockFile(join(dataRoot, 'lock'));
  if (!lock) throw new Conflict(`failed to start daemon, ensure Naru is not running or delete ${pidfile}: ${holder(pidfile)} uses ${dataRoot}`);
  writeFileSync(pidfile, String(process.pid));
  return {
    pass: () => lock[Symbol.dispose](),
    [Symbol.dispose]() {
      rmSync(pidfile, { force: true });
      lock[Symbol.dispose]();
    },
  };
}

function holder(pidfile: string): string {
  return tolerating(['ENOENT'], 'another process', () => `process with PID ${readFileSync(pidfile, 'utf8').trim()}`);
}
