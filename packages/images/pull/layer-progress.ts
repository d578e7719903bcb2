import { hexOf } from '#base';
import type { Digest } from '#base';
import type { Report } from '../port.ts';

/** Docker's clients redraw a line for each report: ten a second are enough. */
const intervalMilliseconds = 100;

/** Tells the progress of one layer under its short id, not too often. */
export interface LayerReporter {
  state(action: string): void;
  progress(action: string, current: number, total: number): void;
}

/** A layer is shown by the first 12 digits of its blob's digest (pull) or its diff id (push). */
export function layerReporter(layer: { readonly digest: Digest }, report: Report): LayerReporter {
  const id = hexOf(layer.digest).slice(0, 12);
  let last = 0;
  let lastAction = '';
  return {
    state: (action) => report({ kind: 'progress', id, action, current: 0, total: 0 }),
    progress: (action, current, total) => {
      const now = performance.now();
      if (action === lastAction && now - last < intervalMilliseconds && current < total) return;
      if (action === lastAction && current >= total && now - last < intervalMilliseconds / 2) return;
      last = now;
      lastAction = action;
      report({ kind: 'progress', id, action, current, total });
    },
  };
}
