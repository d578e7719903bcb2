import type { Driver } from '../driver.ts';

/** `--network host`: the container lives in the host's own namespace, so there is nothing to lay. */
export function hostDriver(): Driver {
  return { name: 'host', check: () => {}, ensure: () => {}, remove: () => {}, plug: () => [], unplug: () => {} };
}
