import type { ContainerRecord } from './record.ts';

/** Whether a plugin brings files of its: it may take its time for that, and to take them back from the last run. */
export function waitsForPlugin({ mounts }: Pick<ContainerRecord, 'mounts'>): boolean {
  return mounts.some(({ Type, Driver = 'local' }) => Type === 'volume' && Driver !== 'local');
}
