/** The seccomp profile of a container: its own, none, or the default one resolved for its capabilities. */
import { resolveProfile, resolveSeccomp, type OciSeccomp } from '#spec';
import type { ContainerSpec } from '../port.ts';
import { grantedCapabilities } from './capabilities.ts';
import type { HostFacts } from './situation.ts';

/** One object for each set of capabilities, so that the runtime compiles each profile into a program only once. */
const resolved = new Map<string, OciSeccomp>();

/** undefined: unconfined. */
export function seccompFor(security: ContainerSpec['security'], host: HostFacts): OciSeccomp | undefined {
  if (security.seccomp === null) return undefined;
  const capabilities = grantedCapabilities(security, host.capabilities);
  const situation = { capabilities, architecture: host.architecture, kernel: host.kernel };
  if (security.seccomp) return resolveProfile(security.seccomp, situation);
  if (security.privileged) return undefined;
  const key = [host.architecture, host.kernel, ...capabilities.toSorted()].join(' ');
  let profile = resolved.get(key);
  if (!profile) resolved.set(key, (profile = resolveSeccomp(situation)));
  return profile;
}
