/** One exec: what was asked for, and what has become of it. */
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
