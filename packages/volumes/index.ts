export { copyUp } from './copy-up.ts';
export { mountFailure } from './mount-failure.ts';
export { requireMountPlace } from './mount-place.ts';
export { localVolumes } from './local.ts';
export { pluggableVolumes } from './pluggable.ts';
export type * from './port.ts';
