/** Before a process is to have the default profile. */
import type { ContainerSpec } from '../port.ts';
import type { Room } from '../room.ts';
import { profileFor } from '../spec/apparmor.ts';
import { ensureDefaultProfile } from './load.ts';
import { defaultProfile } from './profile.ts';

/** Sees that the kernel has it. Throws Internal. */
export async function requireProfile({ host }: Pick<Room, 'host'>, { security }: Pick<ContainerSpec, 'security'>): Promise<void> {
  if (profileFor(security, host) === defaultProfile) await ensureDefaultProfile();
}
