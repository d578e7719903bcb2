/** Who the process is and what it may do, in the order that each step still has the right to take. */
import { hardLimits } from '#kernel';
import type { Operation } from '#shim';
import type { OciProcess } from '#spec';
import { ALL_CAPABILITIES, CAP_SYS_ADMIN, capabilityMask, rlimitNumber } from './names.ts';

const SIGKILL = 9;
const UNCHANGED = 0xffffffff;
/** Plan's word for "the groups that there are", where user_namespaces(7) forbids setgroups. */
export const KEEP_GROUPS = [0xffffffff];

/** A compiled seccomp filter: what seccomp(2) takes. */
export interface SeccompProgram {
  readonly flags: number;
  readonly program: Uint8Array;
}

/** A hard limit that is to be raised is set as high as anybody may first: where the rest is refused, for want of CAP_SYS_RESOURCE, that is told and stays. */
export function compileLimits({ rlimits = [] }: OciProcess): Operation[] {
  const most = rlimits.length > 0 ? hardLimits() : [];
  return rlimits.flatMap(({ type, soft, hard }): Operation[] => {
    const asked = { op: 'rlimit', resource: rlimitNumber(type), current: limit(soft), maximum: limit(hard) } as const;
    const allowed = most[asked.resource] ?? asked.maximum;
    if (asked.maximum <= allowed || asked.current > asked.maximum) return [asked];
    return [{ ...asked, current: asked.current < allowed ? asked.current : allowed, maximum: allowed }, { ...asked, soft: true }];
  });
}

/** -1 and what does not fit are RLIM_INFINITY. */
function limit(value: number): bigint {
  return value < 0 || value >= 2 ** 64 ? 0xffffffffffffffffn : BigInt(value);
}

interface Masks {
  readonly effective: bigint;
  readonly permitted: bigint;
  readonly inheritable: bigint;
  readonly ambient: bigint;
}

/** No `capabilities` at all means none, as in runc. */
function masksOf(process: OciProcess): Masks & { bounding: bigint } {
  const sets = process.capabilities ?? {};
  return {
    bounding: capabilityMask(sets.bounding),
    effective: capabilityMask(sets.effective),
    permitted: capabilityMask(sets.permitted),
    inheritable: capabilityMask(sets.inheritable),
    ambient: capabilityMask(sets.ambient),
  };
}

/**
 * Becomes the user. Effective capabilities are the final ones from here on, so that the directory change and the
 * search for the program succeed or fail as the user's own would; the permitted set still holds what seccomp needs.
 */
export function compileUser(process: OciProcess, tiedToShim: boolean, groupsDenied = false): Operation[] {
  const { uid, gid, umask = UNCHANGED, additionalGids = [] } = process.user;
  const masks = masksOf(process);
  return [
    { op: 'bounding', keep: masks.bounding },
    { op: 'user', uid, gid, umask, groups: groupsDenied ? KEEP_GROUPS : [...additionalGids] },
    ...(tiedToShim ? [{ op: 'parent-death', signal: SIGKILL } as const] : []),
    { op: 'capabilities', effective: masks.effective, permitted: ALL_CAPABILITIES, inheritable: 0n, ambient: 0n },
  ];
}

/** The last things before exec: little but the exec itself happens under the seccomp filter. */
export function compileConfinement(process: OciProcess, seccomp: SeccompProgram | undefined): Operation[] {
  const { effective, permitted, inheritable, ambient } = masksOf(process);
  const plan: Operation[] = [];
  if (process.noNewPrivileges) plan.push({ op: 'no-new-privs' });
  if (seccomp) {
    plan.push({ op: 'capabilities', effective: effective | CAP_SYS_ADMIN, permitted: ALL_CAPABILITIES, inheritable: 0n, ambient: 0n });
    plan.push({ op: 'seccomp', flags: seccomp.flags, program: seccomp.program });
  }
  plan.push({ op: 'capabilities', effective, permitted, inheritable, ambient });
  return plan;
}
