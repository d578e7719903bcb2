import { capabilityNames } from '../../compile/names.ts';
import { memoryFlags, memoryModes } from '../../compile/scheduling.ts';
import { mountOptionNames } from '../../compile/options.ts';
import type { Command } from '../command.ts';
import { print } from '../output.ts';

/** `features` (OCI runtime-spec features.md): what this runtime knows of the specification. */
export const features: Command = {
  usage: 'features',
  help: 'show the enabled features',
  flags: [],
  takes: [0, 0],
  async run() {
    const { actionNames, architectureNames, filterFlagNames, operatorNames } = await import('#kernel');
    const document = {
      ociVersionMin: '1.0.0',
      ociVersionMax: '1.3.0',
      hooks: ['prestart', 'createRuntime', 'createContainer', 'startContainer', 'poststart', 'poststop'],
      mountOptions: mountOptionNames().toSorted(),
      linux: {
        namespaces: ['cgroup', 'ipc', 'mount', 'network', 'pid', 'time', 'user', 'uts'],
        capabilities: capabilityNames,
        cgroup: { v1: true, v2: true, systemd: true, systemdUser: true, rdma: true },
        seccomp: {
          enabled: true,
          actions: actionNames(),
          operators: operatorNames(),
          archs: architectureNames(),
          knownFlags: filterFlagNames(),
          supportedFlags: filterFlagNames(),
        },
        apparmor: { enabled: true },
        selinux: { enabled: true },
        intelRdt: { enabled: false },
        memoryPolicy: { modes: Object.keys(memoryModes), flags: Object.keys(memoryFlags) },
        mountExtensions: { idmap: { enabled: true } },
        netDevices: { enabled: true },
      },
      annotations: {},
    };
    print(`${JSON.stringify(document, undefined, 4)}\n`);
    return 0;
  },
};
