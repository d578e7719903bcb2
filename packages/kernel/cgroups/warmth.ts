/**
 * Keeps moves between v1 cgroups cheap while containers are being made. The kernel guards every move with a lock whose
 * first taker in a while waits for an RCU grace period, 10 to 20 ms on a small machine, holding up all other work on
 * cgroups meanwhile (kernel/rcu/sync.c); whoever follows within a grace period goes through at once. So for a
 * moment after each use this process is moved, every few milliseconds, to where it already is.
 */
import { openSync, readFileSync, write } from 'node:fs';
import { join } from 'node:path';
import { errnoOf } from '#base';
import { type CgroupLayout, cgroupLayout } from './layout.ts';

/** Milliseconds: shorter than a grace period. */
const BEAT = 6;
/** Milliseconds after the last use. */
const LINGER = 250;

export class Warmth {
  readonly #procs: number | undefined;
  #until = 0;
  #beating = false;

  constructor(layout: CgroupLayout = cgroupLayout()) {
    this.#procs = ownProcs(layout);
  }

  /** Somebody moves processes now, and may again soon. */
  touch(): void {
    this.#until = performance.now() + LINGER;
    if (!this.#beating) this.#beat();
  }

  #beat(): void {
    this.#beating = this.#procs !== undefined && performance.now() < this.#until;
    if (!this.#beating || this.#procs === undefined) return;
    write(this.#procs, String(process.pid), 0, () => setTimeout(() => this.#beat(), BEAT).unref());
  }
}

/** Open for good: cgroup.procs of where this process is in some v1 hierarchy; undefined where there is none to write to. */
function ownProcs(layout: CgroupLayout): number | undefined {
  const lines = readFileSync('/proc/self/cgroup', 'utf8').split('\n').map((line) => line.split(':'));
  for (const { controllers, mountPoint } of layout.v1) {
    const path = lines.find(([, names]) => names === controllers.join(','))?.[2];
    if (path === undefined) continue;
    try {
      return openSync(join(mountPoint, path, 'cgroup.procs'), 'r+');
    } catch (error) {
      if (!['ENOENT', 'EACCES', 'EROFS'].includes(errnoOf(error) ?? '')) throw error;
    }
  }
  return undefined;
}
