import { healthOnFailureLabel } from '#spec';
import type { ContainerRecord } from './record.ts';

/** Whether something is done with it when it is unhealthy, beyond Docker: see `health-policy.ts`. */
export function hasHealthPolicy({ config }: Pick<ContainerRecord, 'config'>): boolean {
  return (config.Labels[healthOnFailureLabel] ?? 'none') !== 'none';
}
