import type { ContainerRecord } from './record.ts';

/** What is done with a container that is unhealthy, beyond Docker: see `health-policy.ts`. */
export const onFailureLabel = 'naru.health-on-failure';

export function hasHealthPolicy({ config }: Pick<ContainerRecord, 'config'>): boolean {
  return (config.Labels[onFailureLabel] ?? 'none') !== 'none';
}
