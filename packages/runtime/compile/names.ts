/** Names of the OCI spec and the kernel's numbers for them. */
import { InvalidArgument } from '#base';
import type { OciNamespaceType, OciProcess } from '#spec';

/** CLONE_NEW* of each namespace type. */
export const cloneFlags: Record<OciNamespaceType, number> = {
  time: 0x80,
  mount: 0x20000,
  cgroup: 0x2000000,
  uts: 0x4000000,
  ipc: 0x8000000,
  user: 0x10000000,
  pid: 0x20000000,
  network: 0x40000000,
};

/** In the order of their bits (capabilities(7)). */
export const capabilityNames = [
  'CHOWN', 'DAC_OVERRIDE', 'DAC_READ_SEARCH', 'FOWNER', 'FSETID', 'KILL', 'SETGID', 'SETUID', 'SETPCAP', 'LINUX_IMMUTABLE',
  'NET_BIND_SERVICE', 'NET_BROADCAST', 'NET_ADMIN', 'NET_RAW', 'IPC_LOCK', 'IPC_OWNER', 'SYS_MODULE', 'SYS_RAWIO', 'SYS_CHROOT',
  'SYS_PTRACE', 'SYS_PACCT', 'SYS_ADMIN', 'SYS_BOOT', 'SYS_NICE', 'SYS_RESOURCE', 'SYS_TIME', 'SYS_TTY_CONFIG', 'MKNOD', 'LEASE',
  'AUDIT_WRITE', 'AUDIT_CONTROL', 'SETFCAP', 'MAC_OVERRIDE', 'MAC_ADMIN', 'SYSLOG', 'WAKE_ALARM', 'BLOCK_SUSPEND', 'AUDIT_READ',
  'PERFMON', 'BPF', 'CHECKPOINT_RESTORE',
].map((name) => `CAP_${name}`);

const capabilityBits = new Map(capabilityNames.map((name, bit) => [name, 1n << BigInt(bit)]));
export const CAP_SYS_ADMIN = capabilityBits.get('CAP_SYS_ADMIN') ?? 0n;
export const ALL_CAPABILITIES = (1n << BigInt(capabilityNames.length)) - 1n;

/** Tells, in runC's words, of names that there is no capability for here (OCI runtime-spec config.md "Linux Process"). */
export function warnOfUnknown(sets: Readonly<Record<string, readonly string[]>> | undefined, warn: (message: string) => void): void {
  const unknown = [...new Set(Object.values(sets ?? {}).flat())].filter((name) => !capabilityBits.has(name));
  if (unknown.length > 0) warn(`ignoring unknown or unavailable capabilities: [${unknown.join(' ')}]`);
}

/** Ambient ones that the kernel does not give, since only what is permitted and inheritable too can be (capabilities(7)): to be told. */
export function unraisableCapabilities({ ambient = [], permitted = [], inheritable = [] }: NonNullable<OciProcess['capabilities']> = {}): string[] {
  return ambient.filter((name) => capabilityBits.has(name) && !(permitted.includes(name) && inheritable.includes(name)));
}

/** runC's words of it. */
export const cannotRaise = (name: string): string => `can't raise ambient capability ${name}: operation not permitted`;

/** Names unknown here are left out, as runc does (it warns): a newer client may know more than this kernel. */
export function capabilityMask(names: readonly string[] | undefined): bigint {
  return (names ?? []).reduce((mask, name) => mask | (capabilityBits.get(name) ?? 0n), 0n);
}

const limits = ['CPU', 'FSIZE', 'DATA', 'STACK', 'CORE', 'RSS', 'NPROC', 'NOFILE', 'MEMLOCK', 'AS', 'LOCKS', 'SIGPENDING', 'MSGQUEUE', 'NICE', 'RTPRIO', 'RTTIME'];

/** The number of RLIMIT_*. */
export function rlimitNumber(name: string): number {
  const number = limits.indexOf(name.replace(/^RLIMIT_/, ''));
  if (number < 0 || !name.startsWith('RLIMIT_')) throw new InvalidArgument(`wrong rlimit value: ${name}`);
  return number;
}
