export * from './local.ts';
export type * from './port.ts';
