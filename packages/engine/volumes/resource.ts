import type { VolumeRecord } from '#volumes';
import type { VolumeResource } from '#spec';

/** A volume as the API shows it; empty labels and options are null, as they are in dockerd's store. */
export function volumeResource(volume: VolumeRecord): VolumeResource {
  return {
    ...(volume.created > 0 && { CreatedAt: new Date(volume.created).toISOString().replace(/\.\d+Z$/, 'Z') }),
    Driver: volume.driver,
    Labels: orNull(volume.labels),
    Mountpoint: volume.mountpoint,
    Name: volume.name,
    Options: orNull(volume.options),
    Scope: volume.scope ?? 'local',
    ...(volume.status && { Status: { ...volume.status } }),
  };
}

/** Whether its files are where the local driver keeps them: with options most are mounted from elsewhere. Docker counts and prunes no others. */
export function isPlain({ driver, options }: VolumeRecord): boolean {
  return driver === 'local' && Object.keys(options).length === 0;
}

function orNull(record: Readonly<Record<string, string>>): Record<string, string> | null {
  return Object.keys(record).length === 0 ? null : { ...record };
}
