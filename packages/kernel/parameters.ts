/** Files of the kernel's that hold one setting, and may not be there: parameters of modules, sysctls. */
import { readFileSync } from 'node:fs';
import { tolerating } from '#base';

/** True when the file begins with 1 or Y; absent is false. */
export function isOn(path: string): boolean {
  return /^[1Y]/.test(readOr(path, ''));
}

/** What the file holds, or `otherwise` where there is none. */
export function readOr(path: string, otherwise: string): string {
  return tolerating(['ENOENT', 'ENOTDIR'], otherwise, () => readFileSync(path, 'utf8'));
}
