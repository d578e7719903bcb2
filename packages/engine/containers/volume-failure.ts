/** A volume whose file system cannot be mounted (nfs, a device, a bind): told as the local driver's failure, which it is. */
import { Internal } from '#base';
import type { TaskError } from '#supervisor';
import { mountFailure, type Volumes } from '#volumes';
import type { ContainerRecord } from './record.ts';

/** undefined when something else failed. Docker's words, with the kernel's reason. */
export function volumeFailure(error: TaskError, record: ContainerRecord, volumes: Pick<Volumes, 'find'>): Internal | undefined {
  const [, destination, rest = ''] = /error mounting ".*?" to rootfs at "(.*?)": (.*)$/s.exec(error.message) ?? [];
  const mount = record.wantedMounts.find((wanted) => wanted.type === 'volume' && wanted.destination === destination);
  const volume = mount && volumes.find(mount.source);
  if (!volume?.options?.['device']) return undefined;
  const reason = rest.replace(/: unknown$/, '').split(': ').at(-1) ?? '';
  return new Internal(mountFailure(volume, reason), { cause: error });
}
