export { supportsAppArmor } from './apparmor/load.ts';
export { deviceAt } from './host.ts';
export type * from './port.ts';
export { profileFor } from './spec/apparmor.ts';
export { ownedByContainer } from './spec/owned.ts';
export { can, type Verb, type Verdict } from './states.ts';
export { TaskError } from './task-error.ts';
export { createSupervisor } from './supervisor.ts';
export { lookupUser, type ProcessUser, type UserDatabase } from './users.ts';
