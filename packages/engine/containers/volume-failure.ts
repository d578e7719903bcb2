/** A volume whose file system cannot be mounted (nfs, a device, a bind): told as the local driver's failure, which it is. */
import { Internal } from '#base';
import type { TaskError } from '#supervisor';
import type { VolumeRecord, Volumes } from '#volumes';
import type { ContainerRecord } from './record.ts';

/** mount(2): the options that are flags, with their numbers. */
const flags: Readonly<Record<string, number>> = { ro: 1, nosuid: 2, nodev: 4, noexec: 8, sync: 16, noatime: 1024, bind: 4096, rbind: 20_480 };

/** undefined when something else failed. Docker's words, with the kernel's reason. */
export function volumeFailure(error: TaskError, record: ContainerRecord, volumes: Pick<Volumes, 'find'>): Internal | undefined {
  const [, destination, rest = ''] = /error mounting ".*?" to rootfs at "(.*?)": (.*)$/s.exec(error.message) ?? [];
  const mount = record.wantedMounts.find((wanted) => wanted.type === 'volume' && wanted.destination === destination);
  const volume = mount && volumes.find(mount.source);
  if (!volume?.options['device']) return undefined;
  const reason = rest.replace(/: unknown$/, '').split(': ').at(-1) ?? '';
  return new Internal(`error while mounting volume '${volume.mountpoint}': failed to mount local volume: ${mountCall(volume)}: ${reason}`, { cause: error });
}

function mountCall({ mountpoint, options }: VolumeRecord): string {
  const words = (options['o'] ?? '').split(',').filter(Boolean);
  const set = words.reduce((sum, word) => sum | (flags[word] ?? 0), 0);
  const data = words.filter((word) => !(word in flags)).join(',');
  return `mount ${options['device']}:${mountpoint}${set ? `, flags: 0x${set.toString(16)}` : ''}${data ? `, data: ${data}` : ''}`;
}
