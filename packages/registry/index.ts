export type * from './port.ts';
export * from './server.ts';
