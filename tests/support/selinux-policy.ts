/** Policies of SELinux that know the types of containers and little else, for a guest that boots with it. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';

export const processType = 'system_u:system_r:container_t';
export const fileType = 'system_u:object_r:container_file_t';

export interface PolicyOptions {
  /** What is not allowed is refused, rather than written down. What the policy has no name for is allowed in any case. */
  readonly enforcing: boolean;
  /** Levels of whoever runs when the policy is loaded. */
  readonly level: string;
  /** Type of /proc and /sys. */
  readonly kernelFiles: string;
  /** Who may do what. */
  readonly rules: string;
}

/** The kernel has names for the first subjects and objects (initial_sid_to_string.h); a file system is labelled by attributes, or by what makes it. */
const initial = ['kernel', 'security', 'unlabeled', 'fs', 'file', 'file_labels', 'init', 'any_socket', 'port', 'netif', 'netmsg', 'node', 'igmp_packet', 'icmp_socket', 'tcp_socket', 'sysctl_modprobe', 'sysctl', 'sysctl_fs', 'sysctl_kernel', 'sysctl_net', 'sysctl_net_unix', 'sysctl_vm', 'sysctl_dev', 'kmod', 'policy', 'scmp_packet', 'devnull'];
const subjects = ['kernel', 'init'];
const categories = Array.from({ length: 1024 }, (_, number) => `category c${number};`).join('\n');
const policy = ({ level, kernelFiles, rules }: PolicyOptions): string => `
class process
class file
class dir
${initial.map((name) => `sid ${name}`).join('\n')}
class process { fork transition dyntransition }
class file { read write }
class dir { search }
sensitivity s0;
dominance { s0 }
${categories}
level s0:c0.c1023;
mlsconstrain file { read } (h1 dom h2);
type base_t;
${kernelFiles === 'base_t' ? '' : `type ${kernelFiles};`}
type container_t;
type spc_t;
type container_file_t;
role system_r;
role system_r types { base_t container_t spc_t };
${rules}
user system_u roles { system_r } level s0 range s0 - s0:c0.c1023;
${initial.map((name) => `sid ${name} system_u:${subjects.includes(name) ? 'system_r' : 'object_r'}:base_t:${subjects.includes(name) ? level : 's0'}`).join('\n')}
fs_use_xattr ext4 system_u:object_r:base_t:s0;
fs_use_xattr overlay system_u:object_r:base_t:s0;
fs_use_trans tmpfs system_u:object_r:base_t:s0;
fs_use_trans devpts system_u:object_r:base_t:s0;
fs_use_trans mqueue system_u:object_r:base_t:s0;
genfscon proc / system_u:object_r:${kernelFiles}:s0
genfscon sysfs / system_u:object_r:${kernelFiles}:s0
`;

/** Writes the policy and its contexts of containers, and loads it. */
export function loadPolicy(options: PolicyOptions): void {
  mkdirSync('/etc/selinux/tiny/contexts', { recursive: true });
  writeFileSync('/etc/selinux/config', `SELINUX=${options.enforcing ? 'enforcing' : 'permissive'}\nSELINUXTYPE=tiny\n`);
  writeFileSync('/etc/selinux/tiny/contexts/lxc_contexts', `process = "${processType}:s0"\nfile = "${fileType}:s0"\n`);
  writeFileSync('/tmp/policy.conf', policy(options));
  execFileSync('/usr/bin/checkpolicy', ['-M', '-U', 'allow', '-c', '31', '-o', '/tmp/policy', '/tmp/policy.conf']);
  execFileSync('mount', ['-t', 'selinuxfs', 'none', '/sys/fs/selinux']);
  writeFileSync('/sys/fs/selinux/load', readFileSync('/tmp/policy'));
  if (options.enforcing) writeFileSync('/sys/fs/selinux/enforce', '1');
}
