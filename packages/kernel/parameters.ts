/** Files of the kernel's that hold one setting, and may not be there: parameters of modules, sysctls. */
import { readFileSync } from 'node:fs';
import { errnoOf } from '#base';

/** True when the file begins with 1 or Y; absent is false. */
export function isOn(path: string): boolean {
  return /^[1Y]/.test(readOr(path, ''));
}

/** What the file holds, or `otherwise` where there is none. */
export function readOr(path: string, otherwise: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return otherwise;
    throw error;
  }
}
