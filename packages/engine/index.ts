export * from './clock.ts';
export type * from './context.ts';
export type * from './containers/store.ts';
export { eventBus, type Events } from './events/bus.ts';
export { eventLog, type EventLog } from './events/log.ts';
export type * from './router.ts';
export { createServer } from './server.ts';
