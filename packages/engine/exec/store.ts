/** The execs of this daemon's life. One that has ended is remembered for five minutes, for whoever asks for its exit code. */
import { NotFound } from '#base';
import type { Process } from '#runtime';

export interface Exec {
  readonly id: string;
  readonly containerId: string;
  readonly request: ExecRequest;
  /** undefined before the start, and for a command that could not be started. */
  process: Process | undefined;
  started: boolean;
  /** undefined while it has not ended. */
  exitCode: number | undefined;
}

/** What `POST /containers/{id}/exec` asked for. */
export interface ExecRequest {
  readonly args: readonly string[];
  readonly env: readonly string[];
  readonly cwd: string;
  readonly user: string;
  readonly privileged: boolean;
  readonly tty: boolean;
  readonly attachStdin: boolean;
  readonly attachStdout: boolean;
  readonly attachStderr: boolean;
  readonly detachKeys: string;
  readonly consoleSize: { readonly columns: number; readonly rows: number } | undefined;
}

/** Milliseconds. */
const kept = 5 * 60_000;

export class Execs {
  readonly #execs = new Map<string, Exec>();
  /** Ids in the order in which they ended, with when. */
  readonly #ended: { readonly id: string; readonly at: number }[] = [];

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

  /** Ids of a container's execs that have not ended. */
  of(containerId: string): string[] {
    return [...this.#execs.values()].filter((exec) => exec.containerId === containerId && exec.exitCode === undefined).map((exec) => exec.id);
  }

  /** Records the end; forgets those that ended long ago. `now` in milliseconds. */
  finish(exec: Exec, exitCode: number, now: number): void {
    exec.exitCode = exitCode;
    this.#ended.push({ id: exec.id, at: now });
    while (this.#ended[0] && now - this.#ended[0].at > kept) this.#execs.delete(this.#ended.shift()?.id ?? '');
  }

  /** The container is gone. */
  forget(containerId: string): void {
    for (const exec of this.#execs.values()) if (exec.containerId === containerId) this.#execs.delete(exec.id);
  }
}
