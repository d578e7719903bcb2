/** The execs that are known. One that has ended is remembered for five minutes, for whoever asks for its exit code. */
import { NotFound, type Database } from '#base';
import type { Exec } from './record.ts';
import { ExecRows, type StoredExec } from './rows.ts';

export type * from './record.ts';

/** Milliseconds. */
const kept = 5 * 60_000;
/** One that runs longer than this is stored; most are over before. */
const short = 50;

/** Disposing ends what it stores; the execs themselves go on. */
export class Execs implements Disposable {
  readonly #execs = new Map<string, Exec>();
  /** Ids in the order in which they ended, with when by the monotonic clock: one that ended while the wall's was ahead would keep all behind it. */
  readonly #ended: { readonly id: string; readonly at: number }[] = [];
  readonly #rows: ExecRows;
  readonly #onTrouble: (error: unknown) => void;
  readonly #stored = new Set<string>();
  /** Who waits for what has not been started. */
  readonly #awaited = new Map<Exec, PromiseWithResolvers<void>>();
  /** The store is another daemon's. */
  #closed = false;

  /** `onTrouble` is told of what cannot be stored. */
  constructor(db: Database, onTrouble: (error: unknown) => void) {
    this.#onTrouble = onTrouble;
    this.#rows = new ExecRows(db);
    for (const { id } of this.#rows.all()) this.#stored.add(id);
  }

  /** Those that ran when the last daemon ended. */
  stored(): StoredExec[] {
    return this.#rows.all();
  }

  /** It runs: should this daemon be killed, the next one knows of it. */
  keep(exec: Exec): void {
    this.#tell(exec);
    setTimeout(() => {
      if (this.#closed || exec.exitCode !== undefined || this.#execs.get(exec.id) !== exec) return;
      this.#write(() => {
        this.#rows.save(exec);
        this.#stored.add(exec.id);
      });
    }, short).unref();
  }

  add(exec: Exec): void {
    this.#execs.set(exec.id, exec);
  }

  /** Throws NotFound in Docker's words. */
  find(id: string): Exec {
    const exec = this.#execs.get(id);
    if (!exec) throw new NotFound(`No such exec instance: ${id}`);
    return exec;
  }

  all(): Exec[] {
    return [...this.#execs.values()];
  }

  /** Settles when its command runs, could not be started, or never will be. */
  begun(exec: Exec): Promise<void> {
    if (exec.process || exec.exitCode !== undefined || this.#execs.get(exec.id) !== exec) return Promise.resolve();
    const waiting = this.#awaited.get(exec) ?? Promise.withResolvers<void>();
    this.#awaited.set(exec, waiting);
    return waiting.promise;
  }

  #tell(exec: Exec): void {
    this.#awaited.get(exec)?.resolve();
    this.#awaited.delete(exec);
  }

  /** Ids of a container's execs that have not ended. */
  of(containerId: string): string[] {
    return [...this.#execs.values()].filter((exec) => exec.containerId === containerId && exec.exitCode === undefined).map((exec) => exec.id);
  }

  /** Records the end; forgets those that ended long ago. */
  finish(exec: Exec, exitCode: number): void {
    const now = performance.now();
    exec.exitCode = exitCode;
    this.#tell(exec);
    this.#unstore(exec.id);
    this.#ended.push({ id: exec.id, at: now });
    while (this.#ended[0] && now - this.#ended[0].at > kept) this.#execs.delete(this.#ended.shift()?.id ?? '');
  }

  /** The container has stopped: what was only made for that run can never start. */
  dropUnstarted(containerId: string): void {
    for (const exec of this.#execs.values()) if (exec.containerId === containerId && !exec.started) this.#drop(exec);
  }

  /** The container is gone. */
  forget(containerId: string): void {
    for (const exec of this.#execs.values()) {
      if (exec.containerId !== containerId) continue;
      this.#drop(exec);
      this.#unstore(exec.id);
    }
  }

  #drop(exec: Exec): void {
    this.#execs.delete(exec.id);
    this.#tell(exec);
  }

  #unstore(id: string): void {
    if (this.#stored.delete(id) && !this.#closed) this.#write(() => this.#rows.remove(id));
  }

  /** For the next daemon: a disk that is full ends neither this one nor the exec. */
  #write(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#onTrouble(error);
    }
  }

  [Symbol.dispose](): void {
    this.#closed = true;
  }
}
