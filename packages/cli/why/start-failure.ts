/** Why a start failed, without the names of the programs that passed the message on. */

const passedOn = /^(?:failed to create task for container: )?(?:failed to create shim task: )?OCI runtime (?:create|start) failed: (?:runc (?:create|start) failed: )?(?:unable to start container process: )?(?:error during container init: )?/;

/** A clause without its full stop, for "…, because" or after a colon. `code` is the exit code that went with it. */
export function startFailure(error: string, code: number): string {
  const said = error.replace(passedOn, '').replace(/(?:: unknown)?\.?$/, '').replace(/: unknown(?=: permission denied$)/, '');
  if (/port is already allocated|address already in use/.test(error)) return `a port that it publishes is taken: ${said}`;
  if (code === 127 && said.startsWith('exec: ')) return `its command was not found: ${said}`;
  if (code === 126 && said.startsWith('exec: ')) return `its command cannot be executed: ${said}`;
  return said;
}
