/** What this client is, for `version`, `info` and `--version`. */
import { arch, version as nodeVersion } from 'node:process';

/** This release of Naru. */
export const clientRelease = '0.1.0';

/** What `naru --version` prints. */
export function versionLine(): string {
  return `Naru version ${clientRelease}`;
}

/** The client's half of `naru version`. */
export const clientFacts = {
  Version: clientRelease,
  /** Where Docker names its Go, the runtime that this client runs on. */
  GoVersion: `node ${nodeVersion}`,
  Os: 'linux',
  Arch: arch === 'x64' ? 'amd64' : arch,
} as const;
