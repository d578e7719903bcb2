/**
 * Profiles and labels of security modules. They are written to the process's own attributes and hold from its exec on; the kernel
 * keeps them through clone and setns, so that they are written where /proc is still the host's: what a container has at its
 * /proc could take the write for nothing (CVE-2019-16884, CVE-2025-52881).
 */
import { InvalidArgument } from '#base';
import type { SecurityModules } from '#kernel';
import type { Operation } from '#shim';
import type { OciProcess, OciSpec } from '#spec';

/** What an exec has of the container that it is in, where its own document names none (as runC). */
export type Labels = Pick<OciProcess, 'apparmorProfile' | 'selinuxLabel'>;

export function labelsOf({ process }: OciSpec): Labels {
  const { apparmorProfile, selinuxLabel } = process ?? {};
  return { ...(apparmorProfile && { apparmorProfile }), ...(selinuxLabel && { selinuxLabel }) };
}

/** `process` with its container's labels where it has none. */
export function withLabels(process: OciProcess, labels: Labels | undefined): OciProcess {
  return { ...process, apparmorProfile: process.apparmorProfile || (labels?.apparmorProfile ?? ''), selinuxLabel: process.selinuxLabel || (labels?.selinuxLabel ?? '') };
}

/** Throws InvalidArgument, in runC's words, for a module that this machine does not have. */
export function refuseLabels({ apparmorProfile, selinuxLabel }: Labels, modules: SecurityModules): void {
  if (apparmorProfile && !modules.apparmor) throw new InvalidArgument('unable to apply apparmor profile: apparmor: config provided but apparmor not supported');
  if (selinuxLabel) refuseLabel(modules);
}

/** The same of what the container's mounts are labelled with. */
export function refuseMountLabel({ linux }: OciSpec, modules: SecurityModules): void {
  if (linux?.mountLabel) refuseLabel(modules);
}

function refuseLabel({ selinux }: SecurityModules): void {
  if (!selinux) throw new InvalidArgument('selinux label is specified in config, but selinux is disabled or not supported');
}

/** What the program will be, once it is executed. */
export function compileLabels({ apparmorProfile, selinuxLabel }: Labels, { apparmor }: SecurityModules): Operation[] {
  const plan: Operation[] = [];
  if (apparmorProfile && apparmor) plan.push({ op: 'proc-write', path: apparmor, value: `exec ${apparmorProfile}` });
  if (selinuxLabel) plan.push({ op: 'proc-write', path: 'self/attr/exec', value: selinuxLabel });
  return plan;
}

/** Of the session keyring, when that is made; the exec clears it. */
export function compileKeyLabel({ selinuxLabel }: Labels): Operation[] {
  return selinuxLabel ? [{ op: 'proc-write', path: 'self/attr/keycreate', value: selinuxLabel }] : [];
}

/** Options of a file system whose files all have the container's label. */
export function contextOf(label: string | undefined): string[] {
  return label ? [`context=${label}`] : [];
}
