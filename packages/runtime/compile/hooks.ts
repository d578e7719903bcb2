/**
 * Hooks that run inside the container's namespaces (createContainer before the root changes, startContainer just before
 * the program). The other points run on the host and are the caller's.
 */
import { posix } from 'node:path';
import { InvalidArgument } from '#base';
import type { Operation } from '#shim';
import type { OciHookPoint, OciSpec } from '#spec';

/** What a hook reads from its stdin (OCI runtime-spec runtime.md "State"), cut in two where the pid goes. */
interface StateText {
  readonly before: string;
  readonly after: string;
}

function stateText(spec: OciSpec, id: string, bundle: string, status: 'creating' | 'created'): StateText {
  const [before = '', after = ''] = JSON.stringify({ ociVersion: spec.ociVersion, id, status, pid: 0, bundle, annotations: spec.annotations ?? {} }).split('"pid":0');
  return { before: `${before}"pid":`, after };
}

/** Where seccomp's listener goes, with OCI's ContainerProcessState beside it; undefined when the profile has none. */
export function compileListener(spec: OciSpec, id: string, bundle: string): Operation | undefined {
  const { listenerPath, listenerMetadata } = spec.linux?.seccomp ?? {};
  if (!listenerPath) return undefined;
  const { before: stateBefore, after: stateAfter } = stateText(spec, id, bundle, 'creating');
  const head = JSON.stringify({ ociVersion: spec.ociVersion, fds: ['seccompFd'], metadata: listenerMetadata ?? '' }).slice(0, -1);
  return { op: 'notify', socket: listenerPath, before: `${head},"pid":`, between: `,"state":${stateBefore}`, after: `${stateAfter}}` };
}

/** Points whose hooks run in the runtime's own namespaces while the launch waits for them. */
export const launchPoints = ['prestart', 'createRuntime'] as const;

/** The host has something to do when the namespaces are there: hooks, or interfaces to move. */
export function waitsForHost({ hooks, linux }: OciSpec): boolean {
  return launchPoints.some((point) => hooks?.[point]?.length) || Object.keys(linux?.netDevices ?? {}).length > 0;
}

/** A hook that says no environment has that of who runs it, as with runC: here the container's program. */
export function compileHooks(spec: OciSpec, point: OciHookPoint, { id, bundle, status }: { readonly id: string; readonly bundle: string; readonly status: 'creating' | 'created' }): Operation[] {
  const hooks = spec.hooks?.[point] ?? [];
  if (hooks.length === 0) return [];
  const state = stateText(spec, id, bundle, status);
  return hooks.map(({ path, args, env = spec.process?.env ?? [], timeout = 0 }, index) => {
    if (!posix.isAbsolute(path)) throw new InvalidArgument(`hook ${point}: path "${path}" is not absolute`);
    return { op: 'hook', name: `${point} hook #${index}`, path, arguments: args ?? [path], environment: env, timeout, ...state };
  });
}
