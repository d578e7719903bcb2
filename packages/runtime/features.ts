/** What this runtime knows of the specification (OCI runtime-spec features.md), for `naru-runtime features` and the engine's info. */
import { capabilityNames } from './compile/names.ts';
import { memoryFlags, memoryModes } from './compile/scheduling.ts';
import { mountOptionNames } from './compile/options.ts';

/** The document, as it is published. */
export async function runtimeFeatures(): Promise<object> {
  const { actionNames, architectureNames, filterFlagNames, operatorNames } = await import('./seccomp-names.ts');
  return {
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
}
