/** Names of the OCI spec's seccomp section as the kernel's numbers (seccomp(2)). */
import { InvalidArgument } from '#base';
import type { SyscallTable } from './syscalls.ts';

const EPERM = 1;

const actions: Record<string, number> = {
  SCMP_ACT_KILL: 0,
  SCMP_ACT_KILL_THREAD: 0,
  SCMP_ACT_KILL_PROCESS: 0x80000000,
  SCMP_ACT_TRAP: 0x00030000,
  SCMP_ACT_ERRNO: 0x00050000,
  SCMP_ACT_NOTIFY: 0x7fc00000,
  SCMP_ACT_TRACE: 0x7ff00000,
  SCMP_ACT_LOG: 0x7ffc0000,
  SCMP_ACT_ALLOW: 0x7fff0000,
};

export const actionNames = (): string[] => Object.keys(actions);

export const ALLOW = actions.SCMP_ACT_ALLOW ?? 0;
export const NOTIFY = actions.SCMP_ACT_NOTIFY ?? 0;

/** What the filter returns for `action`; only errno and trace carry a number. Throws InvalidArgument on an unknown one. */
export function verdictOf(action: string, errnoRet: number | undefined): number {
  const verdict = actions[action];
  if (verdict === undefined) throw new InvalidArgument(`string ${action} is not a valid action for seccomp`);
  const carries = action === 'SCMP_ACT_ERRNO' || action === 'SCMP_ACT_TRACE';
  return (verdict | (carries ? (errnoRet ?? EPERM) & 0xffff : 0)) >>> 0;
}

const filterFlags: Record<string, number> = {
  SECCOMP_FILTER_FLAG_TSYNC: 1,
  SECCOMP_FILTER_FLAG_LOG: 2,
  SECCOMP_FILTER_FLAG_SPEC_ALLOW: 4,
  SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV: 32,
};

export const filterFlagNames = (): string[] => Object.keys(filterFlags);

/** Unset means SPEC_ALLOW, as in runc: without it every container pays for a mitigation that the host does not use. */
export function flagsOf(flags: readonly string[] | undefined): number {
  return (flags ?? ['SECCOMP_FILTER_FLAG_SPEC_ALLOW']).reduce((bits, name) => {
    const bit = filterFlags[name];
    if (bit === undefined) throw new InvalidArgument(`seccomp flag "${name}" is not supported`);
    return bits | bit;
  }, 0);
}

export interface Architecture {
  /** The OCI spec's name. */
  readonly name: string;
  /** AUDIT_ARCH_*. */
  readonly audit: number;
  readonly table: SyscallTable;
  readonly wide: boolean;
  /** Added to each number (x32 shares x86-64's audit value). */
  readonly base: number;
}

const X32_BIT = 0x40000000;
const all: readonly Architecture[] = [
  { name: 'SCMP_ARCH_X86_64', audit: 0xc000003e, table: 'x86_64', wide: true, base: 0 },
  { name: 'SCMP_ARCH_X32', audit: 0xc000003e, table: 'x32', wide: true, base: X32_BIT },
  { name: 'SCMP_ARCH_X86', audit: 0x40000003, table: 'x86', wide: false, base: 0 },
  { name: 'SCMP_ARCH_AARCH64', audit: 0xc00000b7, table: 'aarch64', wide: true, base: 0 },
  { name: 'SCMP_ARCH_ARM', audit: 0x40000028, table: 'arm', wide: false, base: 0 },
];

export const architectureNames = (): string[] => all.map(({ name }) => name);

/** The specification's others: none of them can run on a machine that Naru runs on. */
const others = new Set('LOONGARCH64 M68K MIPS MIPS64 MIPS64N32 MIPSEL MIPSEL64 MIPSEL64N32 PPC PPC64 PPC64LE PARISC PARISC64 RISCV64 S390 S390X SH SHEB'.split(' ').map((name) => `SCMP_ARCH_${name}`));

/** The native architecture and those listed. Throws InvalidArgument on a name that there is none of. */
export function architecturesOf(names: readonly string[] | undefined, native: string): Architecture[] {
  const unknown = names?.find((name) => !others.has(name) && !all.some((known) => known.name === name));
  if (unknown !== undefined) throw new InvalidArgument(`string ${unknown} is not a valid arch for seccomp`);
  const own = native === 'arm64' ? 'SCMP_ARCH_AARCH64' : 'SCMP_ARCH_X86_64';
  return all.filter(({ name }) => name === own || names?.includes(name));
}
