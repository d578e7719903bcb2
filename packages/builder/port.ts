/**
 * The classic builder behind `POST /build`: a Dockerfile and a context directory in, an image out, cached step by step.
 *
 * The builder knows no HTTP: it tells what it does through `BuildEvents`, whose text is exactly what the classic
 * `docker build` prints ("Step 1/3 : FROM …", " ---> Using cache", "Successfully built …").
 */
import type { Digest } from '#base';
import type { ContainerDefaults, Platform } from '#spec';
import type { Progress, RegistryAuth } from '#images';

export interface BuildRequest {
  /** Directory holding the unpacked context; the caller owns and removes it. */
  readonly context: string;
  /** Path of the Dockerfile inside the context. */
  readonly dockerfile: string;
  readonly tags: readonly string[];
  readonly buildArgs: Readonly<Record<string, string | null>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly target: string;
  readonly noCache: boolean;
  readonly pull: boolean;
  readonly cacheFrom: readonly string[];
  readonly networkMode: string;
  readonly extraHosts: readonly string[];
  readonly platform: Platform | undefined;
  /** The layers above the last FROM become one. */
  readonly squash: boolean;
  readonly shmSize: number;
  readonly memory: number;
  readonly memorySwap: number;
  readonly cpuShares: number;
  readonly cpuQuota: number;
  readonly cpuPeriod: number;
  readonly cpusetCpus: string;
  readonly cpusetMems: string;
  readonly cgroupParent: string;
  readonly ulimits: readonly { name: string; soft: number; hard: number }[];
  /** False keeps the container of every step (`--rm=false`); that of a failed step stays unless `forceRemove`. */
  readonly removeIntermediate: boolean;
  readonly forceRemove: boolean;
  readonly auths: Readonly<Record<string, RegistryAuth>>;
  /** Who asks for the build: registries are told. */
  readonly upstreamClient?: string;
  readonly signal: AbortSignal;
  /** Throws InvalidArgument for limits that no container of this machine can have; asked before a step's is made. */
  readonly requireLimits?: () => void;
}

export interface BuildEvents {
  /** Text for the user's terminal, as it is (`{"stream": …}`). */
  stream(text: string): void;
  /** `{"aux": {"ID": …}}`, with an `id` before it where one is given. */
  aux(value: unknown, id?: string): void;
  /** Pull progress of a base image. */
  progress(progress: Progress): void;
  /** A step's container is there. One that runs nothing needs none, yet Docker shows one: `gone` ends it, the supervisor tells of the others. */
  made(container: StepContainer): void;
  gone(id: string): void;
  /** A container that stays: of a step that failed, with `--rm=false` of every step. It is the listener's from now on. */
  keep(container: KeptContainer): void;
}

/** The container of a step, as it is shown. */
export interface StepContainer extends Omit<KeptContainer, 'image'> {
  /** undefined on an empty root. */
  readonly image: Digest | undefined;
}

/** A container of the supervisor's, owned by the builder until it was handed over. */
export interface KeptContainer {
  readonly id: string;
  /** That it was made from. One on an empty root is not kept. */
  readonly image: Digest;
  readonly config: ContainerDefaults;
}

export interface Builder {
  /**
   * Throws InvalidArgument with the Dockerfile's line for what it cannot parse, before the first event; a failing RUN
   * throws an error whose `exitCode` is the command's. Nothing half-made is left.
   */
  build(request: BuildRequest, events: BuildEvents): Promise<Digest>;
  /**
   * A configuration with the `--change` lines of commit and import applied (CMD, ENTRYPOINT, ENV, EXPOSE, HEALTHCHECK,
   * LABEL, ONBUILD, STOPSIGNAL, USER, VOLUME, WORKDIR); throws InvalidArgument (`RUN is not a valid change command`).
   */
  change(config: ContainerDefaults, changes: readonly string[]): ContainerDefaults;
  /** After a daemon start, once the supervisor has recovered: removes what a build left that was killed with its daemon. */
  recover(): Promise<void>;
}
