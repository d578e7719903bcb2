import { arch } from 'node:process';
import { release } from 'node:os';
import type { SystemVersion } from '#spec';
import type { EngineConfig } from '../context.ts';
import { buildFacts } from './build.ts';
import { maxApiVersion, minApiVersion, naruVersion } from '../version.ts';

const goArchitectures: Readonly<Record<string, string>> = { x64: 'amd64', ia32: '386' };

/** `GET /version`. `GoVersion` names what the daemon runs on, which is where clients print it. */
export function systemVersion({ experimental }: Pick<EngineConfig, 'experimental'>): SystemVersion {
  const build = buildFacts();
  const architecture = goArchitectures[arch] ?? arch;
  const engine = {
    ApiVersion: maxApiVersion,
    Arch: architecture,
    BuildTime: build.time,
    Experimental: String(experimental),
    GitCommit: build.commit,
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
      { Name: 'naru-runtime', Version: naruVersion, Details: { GitCommit: build.commit } },
      { Name: 'naru-shim', Version: naruVersion, Details: { GitCommit: build.commit } },
    ],
    Version: naruVersion,
    ...same,
    ...(experimental && { Experimental: true }),
  };
}
