import { humanSize } from '#base';
import type { VolumeSummary } from '#client';
import { joinLabels, labelOf } from '../../format/labels.ts';
import type { ListFormat, Row } from '../../format/table.ts';

/** How volumes are listed; `quiet` shows names alone. */
export function volumeFormat(quiet: boolean): ListFormat {
  return {
    type: '*formatter.volumeContext',
    headings: {
      Name: 'VOLUME NAME', Driver: 'DRIVER', Scope: 'SCOPE', Availability: 'AVAILABILITY', Mountpoint: 'MOUNTPOINT', Labels: 'LABELS', Links: 'LINKS', Size: 'SIZE', Group: 'GROUP', Status: 'STATUS',
    },
    table: quiet ? '{{.Name}}' : 'table {{.Driver}}\t{{.Name}}',
    raw: quiet ? 'name: {{.Name}}' : 'name: {{.Name}}\ndriver: {{.Driver}}\n',
  };
}

/** One volume. What only cluster volumes have is `N/A`. */
export function volumeRow(volume: VolumeSummary): Row {
  const usage = volume.UsageData;
  return {
    Name: volume.Name,
    Driver: volume.Driver,
    Scope: volume.Scope,
    Mountpoint: volume.Mountpoint,
    Labels: joinLabels(volume.Labels),
    Label: labelOf(volume.Labels),
    Links: usage ? String(usage.RefCount) : 'N/A',
    Size: usage ? humanSize(usage.Size) : 'N/A',
    Group: volume.ClusterVolume?.Spec?.Group ?? 'N/A',
    Availability: volume.ClusterVolume?.Spec?.Availability ?? 'N/A',
    Status: volume.ClusterVolume ? clusterStatus(volume.ClusterVolume) : 'N/A',
  };
}

/** Where a swarm's volume is: made or not, and on how many nodes. */
function clusterStatus({ Info, PublishStatus }: NonNullable<VolumeSummary['ClusterVolume']>): string {
  if (!Info?.VolumeID) return 'pending creation';
  const states = (PublishStatus ?? []).map(({ State }) => State);
  const count = (state: string): number => states.filter((one) => one === state).length;
  if (states.length === 0) return 'created';
  if (count('published') > 0) return `in use (${count('published')} node${count('published') === 1 ? '' : 's'})`;
  return count('pending-publish') > 0 ? 'pending publish' : 'unpublishing';
}
