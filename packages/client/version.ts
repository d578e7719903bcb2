/** The newest Engine API version that this client speaks. */
export const clientVersion = '1.50';

/** The version that engines of old, which name none, are spoken to in. */
export const oldestVersion = '1.24';

/** Compares API versions such as "1.9" and "1.50" part by part: below 0 when `a` is older. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((version) => version.split('.').map(Number));
  for (let index = 0; index < 2; index++) {
    const difference = (left?.[index] ?? 0) - (right?.[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
