/** Records for tests of the engine. */
import type { Digest } from '#base';
import type { ContainerConfig, HostConfig } from '#spec';
import type { ContainerRecord } from './containers/record.ts';
import { completeConfig, completeHostConfig } from './containers/spec/complete.ts';

export function exampleConfig(change: Partial<ContainerConfig> = {}): ContainerConfig {
  return completeConfig({ Image: 'busybox', Cmd: ['true'], Hostname: 'aaaaaaaaaaaa', ...change });
}

export function exampleHostConfig(change: Partial<HostConfig> = {}): HostConfig {
  return completeHostConfig(change, 1);
}

/** A container of `busybox true`, with `change` laid over. */
export function exampleRecord(change: Partial<ContainerRecord> = {}): ContainerRecord {
  return {
    id: 'a'.repeat(64),
    name: 'example',
    created: 1_700_000_000_000,
    image: `sha256:${'1'.repeat(64)}` as Digest,
    config: exampleConfig(),
    hostConfig: exampleHostConfig(),
    networks: {},
    mounts: [],
    wantedMounts: [],
    restartCount: 0,
    manuallyStopped: false,
    platform: 'linux',
    links: [],
    ...change,
  };
}
