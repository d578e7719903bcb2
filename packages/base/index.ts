export * from './atomic.ts';
export * from './database.ts';
export * from './digest.ts';
export * from './duration.ts';
export * from './errors.ts';
export * from './human-size.ts';
export * from './lock.ts';
export * from './quote.ts';
