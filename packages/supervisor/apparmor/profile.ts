/**
 * The AppArmor profile of containers that name none (apparmor.d(5)). Its name and what it allows are Docker's: a host's own
 * rules and other engines' containers know it by that name. Pure.
 */
export const defaultProfile = 'docker-default';
/** What a profile's name stands for that confines nothing. */
export const unconfined = 'unconfined';

/** What the host's AppArmor brings along, and who may send signals into containers. */
export interface ProfileHost {
  /** /etc/apparmor.d has `abi/3.0`, in which `network` still means Unix sockets too. */
  readonly abi: boolean;
  /** /etc/apparmor.d has `tunables/global`, which says among others where /proc is. */
  readonly tunables: boolean;
  /** It has `abstractions/base`. */
  readonly base: boolean;
  /** The profile that the daemon itself is in. */
  readonly daemon: string;
}

/** Everything is allowed that is not said here: a container's namespaces, capabilities and filter hold it otherwise. */
const open = ['network', 'capability', 'file', 'umount'];

/** The kernel's cryptography, and the way to a virtual machine's host: as the system call filter has it, but 32-bit programs' socketcall(2) comes here too. */
const families = ['alg', 'vsock'];

/** Who may signal them: whoever is unconfined, other runtimes' own profiles, this daemon. */
const senders = [unconfined, 'runc', 'crun'];

/**
 * Of /proc a container writes below its processes' directories and to sys/kernel/shm*; of /sys below fs/cgroup. AppArmor has no
 * "all but": each pattern leaves out a further letter of the name that is meant.
 */
const unwritable = [
  ...['*', '{[^1-9/],[^1-9/][^0-9/],[^1-9s/][^0-9y/][^0-9s/],[^1-9/][^0-9/][^0-9/][^0-9/]*}/**', 'sys/[^k]**', 'sys/kernel/{?,??,[^s][^h][^m]**}'].map((path) => `@{PROC}/${path} w`),
  ...allBut('/sys/', ['f', 's', '/', 'c', 'g', 'r']).map((path) => `${path} wklx`),
];

/** Not to be read either. */
const forbidden = ['@{PROC}/sysrq-trigger', '@{PROC}/kcore', '/sys/firmware/**', '/sys/devices/virtual/powercap/**', '/sys/kernel/security/**'];

/** The profile as apparmor_parser(8) takes it. */
export function profileText({ abi, tunables, base, daemon }: ProfileHost): string {
  const rules = [
    ...open,
    ...families.map((family) => `deny network ${family}`),
    ...[...new Set([...senders, daemon])].map((peer) => `signal (receive) peer=${peer}`),
    `signal (send,receive) peer=${defaultProfile}`,
    'deny mount',
    ...unwritable.map((rule) => `deny ${rule}`),
    ...forbidden.map((path) => `deny ${path} rwklx`),
    `ptrace (trace,read,tracedby,readby) peer=${defaultProfile}`,
  ];
  return [
    ...(abi ? ['abi <abi/3.0>,'] : []),
    tunables ? '#include <tunables/global>' : '@{PROC}=/proc/',
    `profile ${defaultProfile} flags=(attach_disconnected,mediate_deleted) {`,
    ...(base ? ['  #include <abstractions/base>'] : []),
    ...rules.map((rule) => `  ${rule},`),
    '}\n',
  ].join('\n');
}

/** Patterns of everything below `directory` that does not begin with these letters. */
function allBut(directory: string, letters: readonly string[]): string[] {
  return letters.flatMap((letter, index) => (letter === '/' ? [] : [`${directory}${letters.slice(0, index).join('')}[^${letter}]*/**`]));
}
