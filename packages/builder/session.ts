import type { Digest } from '#base';
import type { Progress } from '#images';
import type { CacheProbe } from './cache.ts';
import type { BuildImages, BuildSnapshots, BuildSupervisor } from './needs.ts';
import type { Trees } from './copy/trees.ts';
import type { Output } from './output.ts';
import type { BuildEvents, BuildRequest } from './port.ts';
import type { RunDefaults } from './run/spec.ts';
import type { StageResults } from './stages.ts';

/** One build under way: what its steps stand on. */
export interface Session {
  readonly request: BuildRequest;
  readonly output: Output;
  readonly progress: (progress: Progress) => void;
  readonly images: BuildImages;
  readonly snapshots: BuildSnapshots;
  readonly supervisor: BuildSupervisor;
  readonly trees: Trees;
  /** A directory for files on their way in. */
  readonly scratch: string;
  readonly cache: CacheProbe;
  readonly stages: StageResults;
  readonly defaults: RunDefaults;
  /** Written into images as `docker_version`. */
  readonly version: string;
  /** Images whose layers are known to be there, unpacked. */
  readonly unpacked: Set<Digest>;
  /** Hands over a container of the build that Docker would not remove. */
  readonly keep: BuildEvents['keep'];
  /** Tell of the container that a step has. */
  readonly made: BuildEvents['made'];
  readonly gone: BuildEvents['gone'];
  /** Clean-up that goes on beside the next step; awaited before the build ends. */
  readonly later: Promise<void>[];
}
