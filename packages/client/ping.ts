import type { ResponseHead } from './http.ts';
import { clientVersion, compareVersions, oldestVersion } from './version.ts';

/** What an engine says of itself in the headers of `/_ping`. */
export interface Ping {
  readonly apiVersion: string;
  /** `linux`; empty when it does not say. */
  readonly osType: string;
  readonly experimental: boolean;
  /** `1` classic, `2` BuildKit. */
  readonly builderVersion: string;
  /** `inactive`, `active/manager` … */
  readonly swarm: string;
}

/** Reads the headers of a ping. */
export function pingOf(head: ResponseHead): Ping {
  return {
    apiVersion: head.headers['api-version'] ?? '',
    osType: head.headers['ostype'] ?? '',
    experimental: head.headers['docker-experimental'] === 'true',
    builderVersion: head.headers['builder-version'] ?? '',
    swarm: head.headers['swarm'] ?? '',
  };
}

/** The version to speak with this engine: the older of its newest and ours. */
export function negotiate(ping: Ping): string {
  const theirs = ping.apiVersion === '' ? oldestVersion : ping.apiVersion;
  return compareVersions(theirs, clientVersion) < 0 ? theirs : clientVersion;
}
