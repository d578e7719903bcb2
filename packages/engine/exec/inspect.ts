/** `GET /exec/{id}/json`. */
import { detachKeysOf } from '../detach-keys.ts';
import type { Exec } from './store.ts';

export function inspectExec(exec: Exec): Record<string, unknown> {
  const { request } = exec;
  const [entrypoint = '', ...args] = request.args;
  const running = exec.started && exec.exitCode === undefined;
  return {
    ID: exec.id,
    Running: running,
    ExitCode: exec.exitCode ?? null,
    ProcessConfig: {
      tty: request.tty,
      entrypoint,
      arguments: args,
      privileged: request.privileged,
      ...(request.user && { user: request.user }),
    },
    OpenStdin: request.attachStdin,
    OpenStderr: request.attachStderr,
    OpenStdout: request.attachStdout,
    CanRemove: false,
    ContainerID: exec.containerId,
    DetachKeys: request.detachKeys === '' ? '' : Buffer.from(detachKeysOf(request.detachKeys)).toString('base64'),
    Pid: exec.process?.pid ?? 0,
  };
}
