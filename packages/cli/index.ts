export { main } from './main.ts';
export type { Surroundings } from './open-cli.ts';
export { Signals } from './terminal/signals.ts';
export { inputOf, outputOf } from './terminal/streams.ts';
