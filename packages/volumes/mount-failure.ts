import { classicOptions } from '#kernel';
import type { VolumeRecord } from './port.ts';

/** What the local driver says when the file system of a volume's options cannot be mounted: Docker's words, with the kernel's reason. */
export function mountFailure(volume: Pick<VolumeRecord, 'mountpoint' | 'options'>, reason: string): string {
  return `error while mounting volume '${volume.mountpoint}': failed to mount local volume: ${mountCall(volume)}: ${reason}`;
}

function mountCall({ mountpoint, options }: Pick<VolumeRecord, 'mountpoint' | 'options'>): string {
  const { flags, data } = classicOptions((options?.['o'] ?? '').split(',').filter(Boolean));
  const shown = data.map((option) => option.replace(/^password=.*/, 'password=********'));
  return `mount ${options?.['device'] ?? ''}:${mountpoint}${flags ? `, flags: 0x${flags.toString(16)}` : ''}${shown.length > 0 ? `, data: ${shown.join(',')}` : ''}`;
}
