export { OpenFiles } from './open-files.ts';
export { Standstill } from './standstill.ts';
