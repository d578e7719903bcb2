export { Cgroup } from './cgroup.ts';
export { makeRoomInDelegation } from './delegation.ts';
export { attachedDevicePrograms, compileDeviceProgram } from './devices-v2.ts';
export { cgroupLayout, layoutBelow, layoutBeside, mayEnter, parseCgroupLayout, recordedLayout } from './layout.ts';
export type { CgroupLayout, V1Hierarchy, V2Hierarchy } from './layout.ts';
export { settingsV1, settingsV2, weightOfShares } from './settings.ts';
export type { Setting } from './setting.ts';
export type { CgroupStats } from './stats.ts';
