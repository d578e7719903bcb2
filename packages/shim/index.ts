export * from './attach.ts';
export * from './connection.ts';
export * from './plan.ts';
export * from './protocol.ts';
export * from './spawn.ts';
