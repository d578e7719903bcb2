/** The AppArmor profile of a container: its own, none, or the default one. */
import { defaultProfile, unconfined } from '../apparmor/profile.ts';
import type { ContainerSpec } from '../port.ts';
import type { HostFacts } from './situation.ts';

/** undefined: this host has none to give. A privileged container is unconfined whatever it names, as with dockerd. */
export function profileFor(security: Pick<ContainerSpec['security'], 'privileged' | 'apparmor'>, host: Pick<HostFacts, 'appArmor'>): string | undefined {
  if (!host.appArmor) return undefined;
  return security.privileged ? unconfined : security.apparmor || defaultProfile;
}

/** Labels of a process, as its OCI document has them; an exec's are its container's, privileged or not. */
export function labelsFor(security: ContainerSpec['security'], host: HostFacts): { apparmorProfile?: string; selinuxLabel?: string } {
  const profile = profileFor(security, host);
  return { ...(profile && { apparmorProfile: profile }), ...(security.selinux?.process && !security.privileged && { selinuxLabel: security.selinux.process }) };
}
