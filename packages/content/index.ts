export * from './disk.ts';
export type * from './port.ts';
