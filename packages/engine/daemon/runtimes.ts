/** Which runtime makes a container: the built-in one under the names that clients know it by, or one that was configured. */
import { existsSync } from 'node:fs';
import { findCommand, Internal, InvalidArgument } from '#base';
import type { RuntimePath } from '../context.ts';

/** Clients look for the runtime called runc; here that name, and containerd's for it, is answered by Naru's own. */
export const builtInRuntimes = ['io.containerd.runc.v2', 'naru', 'runc'] as const;

/** Throws InvalidArgument in dockerd's words for a name that nobody has configured. */
export function requireRuntime(name: string, configured: Readonly<Record<string, RuntimePath>>): void {
  if (!isBuiltIn(name) && !Object.hasOwn(configured, name)) throw new InvalidArgument(`unknown or invalid runtime name: ${name}`);
}

/** The name when it is not a name of the built-in one. */
export function otherRuntime(name: string | undefined): string | undefined {
  return name && !isBuiltIn(name) ? name : undefined;
}

function isBuiltIn(name: string): boolean {
  return (builtInRuntimes as readonly string[]).includes(name);
}

/** The configured runtime's binary by absolute path, searched for in $PATH as dockerd does; undefined when nobody has configured it. */
export function binaryOf(name: string, configured: Readonly<Record<string, RuntimePath>>): RuntimePath | undefined {
  const found = Object.hasOwn(configured, name) ? configured[name] : undefined;
  if (!found) return undefined;
  if (found.path.includes('/')) return existing(found);
  const path = findCommand(found.path);
  if (!path) throw new InvalidArgument(`exec: "${found.path}": executable file not found in $PATH`);
  return { ...found, path };
}

/** dockerd tries, and tells of it through two more daemons. */
function existing(runtime: RuntimePath): RuntimePath {
  if (existsSync(runtime.path)) return runtime;
  throw new Internal(`failed to create task for container: failed to create shim task: OCI runtime create failed: unable to retrieve OCI runtime error: fork/exec ${runtime.path}: no such file or directory: unknown`);
}
