export { applyLayer, type ApplyLayer, type Unpacked } from './layers/apply.ts';
export { diffLayer, diffLayerStream, type DiffLayer, type DiffResult } from './layers/diff.ts';
export { withMounts } from './mounted.ts';
export { overlaySnapshotter } from './overlay/driver.ts';
export type * from './port.ts';
