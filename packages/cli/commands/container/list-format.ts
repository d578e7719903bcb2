/** The rows of `ps`. */
import { humanSize, quote } from '#base';
import type { ContainerSummary } from '#client';
import { formatPlatform, parseReference, familiarReference, familiarRepository, withTag } from '#spec';
import { goTime } from '../../format/time.ts';
import { joinLabels, labelOf } from '../../format/labels.ts';
import type { ListFormat, Row } from '../../format/table.ts';
import { ellipsis, shortId } from '../../format/text.ts';
import { humanDuration } from '../../format/units.ts';
import { NilPointer, Struct } from '../../template/index.ts';
import { displayPorts } from './display-ports.ts';

const headings = {
  ID: 'CONTAINER ID', Names: 'NAMES', Image: 'IMAGE', Command: 'COMMAND', CreatedAt: 'CREATED AT', RunningFor: 'CREATED', Platform: 'PLATFORM', Ports: 'PORTS',
  State: 'STATE', Status: 'STATUS', Size: 'SIZE', Labels: 'LABELS', Mounts: 'MOUNTS', LocalVolumes: 'LOCAL VOLUMES', Networks: 'NETWORKS',
};

const columns = '{{.ID}}\t{{.Image}}\t{{.Command}}\t{{.RunningFor}}\t{{.Status}}\t{{.Ports}}\t{{.Names}}';

const raw = `container_id: {{.ID}}
image: {{.Image}}
command: {{.Command}}
created_at: {{.CreatedAt}}
state: {{- pad .State 1 0}}
status: {{- pad .Status 1 0}}
names: {{.Names}}
labels: {{- pad .Labels 1 0}}
ports: {{- pad .Ports 1 0}}
`;

/** How containers are listed; `quiet` shows ids alone. */
export function containerFormat(quiet: boolean, size: boolean): ListFormat {
  return {
    type: '*formatter.ContainerContext',
    headings,
    table: quiet ? '{{.ID}}' : `table ${columns}${size ? '\t{{.Size}}' : ''}`,
    raw: quiet ? 'container_id: {{.ID}}' : `${raw}${size ? 'size: {{.Size}}\n' : ''}`,
  };
}

/** One container; `short` cuts long values. */
export function containerRow(container: ContainerSummary, now: number, short: boolean): Row {
  return {
    get ID() { return short ? shortId(container.Id) : container.Id; },
    get Names() { return namesOf(container, short); },
    get Image() { return imageOf(container, short); },
    get Command() { return quote(short ? ellipsis(container.Command, 20) : container.Command); },
    get CreatedAt() { return goTime(container.Created * 1000); },
    get RunningFor() { return `${humanDuration(now / 1000 - container.Created)} ago`; },
    get Platform() { return platformOf(container); },
    get Ports() { return displayPorts(container.Ports ?? []); },
    get State() { return container.State; },
    get Status() { return container.Status; },
    get Size() { return sizeOf(container); },
    get Labels() { return joinLabels(container.Labels); },
    Label: labelOf(container.Labels),
    get Mounts() { return (container.Mounts ?? []).map(({ Name, Source }) => Name || Source || '').map((name) => (short ? ellipsis(name, 15) : name)).join(','); },
    get LocalVolumes() { return String((container.Mounts ?? []).filter((mount) => mount.Driver === 'local').length); },
    get Networks() { return Object.keys(container.NetworkSettings?.Networks ?? {}).sort().join(','); },
  };
}

/** Names through links (`/other/name`) are left out of the short form. */
function namesOf({ Names }: ContainerSummary, short: boolean): string {
  const names = (Names ?? []).map((name) => name.replace(/^\//, ''));
  const own = short ? names.find((name) => !name.includes('/')) : undefined;
  return own ?? names.join(',');
}

function imageOf({ Image, ImageID }: ContainerSummary, short: boolean): string {
  if (Image === '') return '<no image>';
  if (!short) return Image;
  if (shortId(ImageID) === shortId(Image)) return shortId(ImageID);
  try {
    const ref = parseReference(Image);
    return ref.tag === undefined ? familiarRepository(ref) : familiarReference(withTag(ref, ref.tag));
  } catch {
    return Image; // an id, or a name from elsewhere: shown as it is
  }
}

function platformOf({ ImageManifestDescriptor }: ContainerSummary): unknown {
  const platform = ImageManifestDescriptor?.platform;
  if (!platform) return new NilPointer('*formatter.Platform');
  return new Struct('*formatter.Platform', new Map(Object.entries(platform)), () => platform, formatPlatform(platform));
}

function sizeOf({ SizeRw = 0, SizeRootFs = 0 }: ContainerSummary): string {
  return SizeRootFs > 0 ? `${humanSize(SizeRw, 3)} (virtual ${humanSize(SizeRootFs, 3)})` : humanSize(SizeRw, 3);
}
