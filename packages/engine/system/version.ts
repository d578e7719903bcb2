import { arch } from 'node:process';
import { release } from 'node:os';
import type { SystemVersion } from '#spec';
import { maxApiVersion, minApiVersion, naruVersion } from '../version.ts';

const goArchitectures: Readonly<Record<string, string>> = { x64: 'amd64', ia32: '386' };

/** `GET /version`. `GoVersion` names what the daemon runs on, which is where clients print it. */
export function systemVersion(): SystemVersion {
  const architecture = goArchitectures[arch] ?? arch;
  const engine = {
    ApiVersion: maxApiVersion,
    Arch: architecture,
    BuildTime: '',
    Experimental: 'false',
    GitCommit: '',
    GoVersion: `node${process.versions.node}`,
    KernelVersion: release(),
    MinAPIVersion: minApiVersion,
    Os: 'linux',
  };
  const { Experimental: _, ...same } = engine;
  return {
    Platform: { Name: 'Naru Engine' },
    Components: [
      { Name: 'Engine', Version: naruVersion, Details: engine },
      { Name: 'naru-runtime', Version: naruVersion, Details: { GitCommit: '' } },
      { Name: 'naru-shim', Version: naruVersion, Details: { GitCommit: '' } },
    ],
    Version: naruVersion,
    ...same,
  };
}
