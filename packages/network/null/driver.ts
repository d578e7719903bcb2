import type { Driver } from '../driver.ts';

/** `--network none`: a namespace of its own with nothing but the loopback. */
export function nullDriver(): Driver {
  return { name: 'null', check: () => {}, ensure: () => {}, remove: () => {}, plug: () => [], unplug: () => {} };
}
