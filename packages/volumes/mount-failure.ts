import type { VolumeRecord } from './port.ts';

/** mount(2): the options that are flags, with their numbers. */
const flags: Readonly<Record<string, number>> = { ro: 1, nosuid: 2, nodev: 4, noexec: 8, sync: 16, noatime: 1024, bind: 4096, rbind: 20_480 };

/** What the local driver says when the file system of a volume's options cannot be mounted: Docker's words, with the kernel's reason. */
export function mountFailure(volume: Pick<VolumeRecord, 'mountpoint' | 'options'>, reason: string): string {
  return `error while mounting volume '${volume.mountpoint}': failed to mount local volume: ${mountCall(volume)}: ${reason}`;
}

function mountCall({ mountpoint, options }: Pick<VolumeRecord, 'mountpoint' | 'options'>): string {
  const words = (options['o'] ?? '').split(',').filter(Boolean);
  const set = words.reduce((sum, word) => sum | (flags[word] ?? 0), 0);
  const data = words.filter((word) => !(word in flags)).join(',');
  return `mount ${options['device']}:${mountpoint}${set ? `, flags: 0x${set.toString(16)}` : ''}${data ? `, data: ${data}` : ''}`;
}
