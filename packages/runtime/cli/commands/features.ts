import { capabilityNames } from '../../compile/names.ts';
import type { Command } from '../command.ts';

/** `features` (OCI runtime-spec features.md): what this runtime knows of the specification. */
export const features: Command = {
  usage: 'features',
  help: 'show the enabled features',
  flags: [],
  async run() {
    const document = {
      ociVersionMin: '1.0.0',
      ociVersionMax: '1.3.0',
      hooks: ['createContainer', 'startContainer'],
      linux: {
        namespaces: ['cgroup', 'ipc', 'mount', 'network', 'pid', 'time', 'user', 'uts'],
        capabilities: capabilityNames,
        cgroup: { v1: true, v2: true, systemd: false, systemdUser: false, rdma: true },
        seccomp: { enabled: true, archs: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86', 'SCMP_ARCH_X32', 'SCMP_ARCH_AARCH64'] },
        apparmor: { enabled: false },
        selinux: { enabled: false },
        intelRdt: { enabled: false },
      },
    };
    process.stdout.write(`${JSON.stringify(document, undefined, 2)}\n`);
    return 0;
  },
};
