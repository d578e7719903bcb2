/** Docker Content Trust (Notary v1) is not here: what would sign or check signatures is refused by name. */
import { NotImplemented, parseBool } from '#base';
import type { Cli } from '../cli.ts';
import { bool } from '../command/flag-types.ts';
import type { Flag } from '../command/flag.ts';

/** `--disable-content-trust`, on unless it is turned off. */
export function contentTrustFlag(description: 'Skip image verification' | 'Skip image signing' = 'Skip image verification'): Flag<boolean> {
  return bool(description, { initial: true });
}

/** Throws NotImplemented where signatures are asked for, by the flag or, without it, by DOCKER_CONTENT_TRUST. */
export function refuseContentTrust(cli: Cli, disabled: boolean, given: boolean): void {
  const wanted = given ? !disabled : isTrue(cli.env['DOCKER_CONTENT_TRUST'] ?? '');
  if (wanted) throw new NotImplemented('content trust is not supported: use --disable-content-trust=true, and leave DOCKER_CONTENT_TRUST unset');
}

function isTrue(text: string): boolean {
  try {
    return parseBool(text);
  } catch {
    return false; // Docker takes what is no truth value for no
  }
}
