export { copyUp } from './copy-up.ts';
export { requireMountPlace } from './mount-place.ts';
export { localVolumes } from './local.ts';
export { pluggableVolumes } from './pluggable.ts';
export type * from './port.ts';
