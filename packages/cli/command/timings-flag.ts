import type { Flag } from './flag.ts';
import { bool } from './flag-types.ts';

/** `--timings` of the commands that can tell where their time went. Naru's own. */
export function timingsFlag(): Flag<boolean> {
  return bool('Show where each millisecond went', { own: true });
}
