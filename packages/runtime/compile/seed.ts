/**
 * What a stage can do before its plan is known. Entering v1 cgroups costs 10 to 20 ms when nobody has done it for a while
 * (the kernel waits for an RCU grace period), making a network namespace most of another; a seed has both behind it
 * when a container or an exec asks for it.
 */
import type { LaunchPlan } from '#shim';
import type { OciSpec } from '#spec';
import { cloneFlags } from './names.ts';

/** Namespaces that nearly every container has of its own, and that do not depend on its spec. */
const SEEDED = ['network', 'ipc', 'uts'] as const;

export const seededNamespaces = SEEDED.reduce((flags, type) => flags | cloneFlags[type], 0);

/** For a container yet unknown. */
export function compileSeed(procs: readonly string[]): LaunchPlan {
  return [{ op: 'cgroup', procs }, { op: 'unshare', types: seededNamespaces }];
}

/** For the next exec in a container. */
export function compileExecSeed(procs: readonly string[]): LaunchPlan {
  return [{ op: 'cgroup', procs }];
}

/** A seed serves every container but one with a user namespace, which would have to own the others. */
export function canBeSeeded(spec: OciSpec): boolean {
  return !spec.linux?.namespaces?.some(({ type }) => type === 'user');
}

/** The spec for a seed: where it asks for the host's namespace the seed, which has left that, goes back to `own`, a file for each. */
export function backFromSeed(spec: OciSpec, own: Readonly<Record<(typeof SEEDED)[number], string>>): OciSpec {
  const namespaces = spec.linux?.namespaces ?? [];
  const missing = SEEDED.filter((type) => !namespaces.some((namespace) => namespace.type === type));
  if (missing.length === 0) return spec;
  return { ...spec, linux: { ...spec.linux, namespaces: [...namespaces, ...missing.map((type) => ({ type, path: own[type] }))] } };
}
