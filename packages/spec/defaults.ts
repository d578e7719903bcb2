/**
 * What a container gets unless told otherwise, the same as Docker's on Linux: capabilities, mounts, devices, hidden
 * and read-only paths. Names and options as in an OCI `config.json`.
 */
import { InvalidArgument, quote } from '#base';
import type { OciDeviceRule, OciMount } from './oci-runtime.ts';

/** Every capability the kernel knows; its index is its bit (capability.h). */
export const allCapabilities: readonly string[] = `
  CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE
  NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN
  SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE
  MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE
`.trim().split(/\s+/).map((name) => `CAP_${name}`);

export const defaultCapabilities: readonly string[] = `
  CHOWN DAC_OVERRIDE FSETID FOWNER MKNOD NET_RAW SETGID SETUID SETFCAP SETPCAP NET_BIND_SERVICE SYS_CHROOT KILL
  AUDIT_WRITE
`.trim().split(/\s+/).map((name) => `CAP_${name}`);

/** `net_admin`, `CAP_NET_ADMIN` or `all` as `CAP_…` or `ALL`; throws InvalidArgument naming `option` for an unknown one. */
export function parseCapability(text: string, option: 'CapAdd' | 'CapDrop'): string {
  const upper = text.trim().toUpperCase();
  if (upper === 'ALL' || upper === 'CAP_ALL') return 'ALL';
  const name = upper.startsWith('CAP_') ? upper : `CAP_${upper}`;
  if (!allCapabilities.includes(name)) throw new InvalidArgument(`invalid ${option}: unknown capability: ${quote(name)}`);
  return name;
}

export const maskedPaths: readonly string[] = [
  '/proc/asound',
  '/proc/acpi',
  '/proc/interrupts',
  '/proc/kcore',
  '/proc/keys',
  '/proc/latency_stats',
  '/proc/timer_list',
  '/proc/timer_stats',
  '/proc/sched_debug',
  '/proc/scsi',
  '/sys/firmware',
  '/sys/devices/virtual/powercap',
];

export const readonlyPaths: readonly string[] = ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger'];

/** In the order they are made. `/dev/shm` and `/dev/mqueue` follow the IPC namespace and are not here. */
export const defaultMounts: readonly OciMount[] = [
  { destination: '/proc', type: 'proc', source: 'proc', options: ['nosuid', 'noexec', 'nodev'] },
  { destination: '/dev', type: 'tmpfs', source: 'tmpfs', options: ['nosuid', 'strictatime', 'mode=755', 'size=65536k'] },
  {
    destination: '/dev/pts',
    type: 'devpts',
    source: 'devpts',
    options: ['nosuid', 'noexec', 'newinstance', 'ptmxmode=0666', 'mode=0620', 'gid=5'],
  },
  { destination: '/sys', type: 'sysfs', source: 'sysfs', options: ['nosuid', 'noexec', 'nodev', 'ro'] },
  { destination: '/sys/fs/cgroup', type: 'cgroup', source: 'cgroup', options: ['ro', 'nosuid', 'noexec', 'nodev'] },
];

/** Bytes of /dev/shm. */
export const defaultShmSize = 64 << 20;

const character = (major: number, minor: number, allow = true): OciDeviceRule => ({ allow, type: 'c', major, minor, access: 'rwm' });

/** Device cgroup: nothing, then zero, null, urandom, random, tty, console; fuse stays out. */
export const defaultDeviceRules: readonly OciDeviceRule[] = [
  { allow: false, access: 'rwm' },
  character(1, 5),
  character(1, 3),
  character(1, 9),
  character(1, 8),
  character(5, 0),
  character(5, 1),
  character(10, 229, false),
];

export const defaultPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
