import type { VolumeRecord } from '#volumes';
import type { VolumeResource } from '#spec';

/** A volume as the API shows it. */
export function volumeResource(volume: VolumeRecord): VolumeResource {
  return {
    ...(volume.created > 0 && { CreatedAt: new Date(volume.created).toISOString().replace(/\.\d+Z$/, 'Z') }),
    Driver: volume.driver,
    Labels: volume.labels && { ...volume.labels },
    Mountpoint: volume.mountpoint,
    Name: volume.name,
    Options: volume.options && { ...volume.options },
    Scope: volume.scope ?? 'local',
    ...(volume.status && { Status: { ...volume.status } }),
  };
}

/** Whether its files are where the local driver keeps them: with options most are mounted from elsewhere. Docker counts and prunes no others. */
export function isPlain({ driver, options }: VolumeRecord): boolean {
  return driver === 'local' && Object.keys(options ?? {}).length === 0;
}
