/**
 * What a stage can do before its plan is known: entering v1 cgroups (a write for each hierarchy, under the kernel's one lock for all
 * cgroups) and making a network namespace (a millisecond). A seed has both behind it when a container or an exec asks for it.
 */
import type { LaunchPlan } from '#shim';
import type { OciSpec } from '#spec';
import { cloneFlags } from './names.ts';

/** Namespaces that nearly every container has of its own, and that do not depend on its spec. */
const SEEDED = ['network', 'ipc', 'uts'] as const;

export const seededNamespaces = SEEDED.reduce((flags, type) => flags | cloneFlags[type], 0);

/** For a container yet unknown. */
export function compileSeed(tasks: readonly string[]): LaunchPlan {
  return [{ op: 'cgroup', files: tasks }, { op: 'unshare', types: seededNamespaces }];
}

/** For the next exec in a container. */
export function compileExecSeed(tasks: readonly string[]): LaunchPlan {
  return [{ op: 'cgroup', files: tasks }];
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
