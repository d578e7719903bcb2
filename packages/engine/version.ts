/** Versions that the daemon shows, and the arithmetic of API versions ("1.9" is older than "1.24"). */

/** Naru's own. */
export const naruVersion = '0.1.0';
/** The newest Engine API that is spoken. */
export const maxApiVersion = '1.55';
/** The oldest. */
export const minApiVersion = '1.24';

/** Negative when `a` is older than `b`, 0 when they are the same. Both `major.minor`. */
export function compareVersions(a: string, b: string): number {
  const [aMajor = '', aMinor = ''] = a.split('.');
  const [bMajor = '', bMinor = ''] = b.split('.');
  return Number(aMajor) - Number(bMajor) || Number(aMinor) - Number(bMinor);
}
