/** Finding and killing the shims of a daemon's tasks, by what /proc shows. */
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** SIGKILL; fine when it has just ended by itself. */
export function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // gone already
  }
}

/** Shims that hold a task, or are just becoming one's: not the spare ones. */
export function shimsOf(execRoot: string): number[] {
  return readdirSync('/proc').filter((pid) => /^\d+$/.test(pid)).filter((pid) => linkOf(`/proc/${pid}/cwd`).startsWith(`${execRoot}/tasks/`)).map(Number).filter(isShim);
}

/** Not a stage or a first process on its way, which are forks of a shim: those are its children. */
function isShim(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').startsWith('naru-shim\0') && !isShim(parentOf(pid));
  } catch {
    return false; // it has just ended
  }
}

function parentOf(pid: number): number {
  return Number(/^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
}

export function childrenOf(pid: number): number[] {
  const file = `/proc/${pid}/task/${pid}/children`;
  return existsSync(file) ? readFileSync(file, 'utf8').split(' ').filter(Boolean).map(Number) : [];
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}
