export type * from './container-config.ts';
export type * from './event.ts';
export type * from './host-config.ts';
export type * from './mount-point.ts';
export type * from './network-settings.ts';
