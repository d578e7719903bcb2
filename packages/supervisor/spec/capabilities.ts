/** Which capabilities a container gets, by Docker's rules for `--cap-add`, `--cap-drop` and `--privileged`. */
import { allCapabilities, defaultCapabilities, type OciProcess } from '#spec';
import type { ContainerSpec } from '../port.ts';

/** `capAdd` and `capDrop` hold `CAP_…` or `ALL`. What the daemon lacks (`available`) nobody gets from `ALL` or `--privileged`. */
export function grantedCapabilities(
  security: Pick<ContainerSpec['security'], 'privileged' | 'capAdd' | 'capDrop'>,
  available: readonly string[],
): string[] {
  const { capAdd, capDrop } = security;
  if (security.privileged || capAdd.includes('ALL')) return allCapabilities.filter((name) => available.includes(name) && (security.privileged || !capDrop.includes(name)));
  const base = capDrop.includes('ALL') ? [] : defaultCapabilities.filter((name) => !capDrop.includes(name));
  return [...new Set([...base, ...capAdd])];
}

/** Bounding, effective and permitted alike; inheritable and ambient stay empty (CVE-2022-24769). */
export function capabilitySets(granted: readonly string[]): NonNullable<OciProcess['capabilities']> {
  return { bounding: [...granted], effective: [...granted], permitted: [...granted] };
}
