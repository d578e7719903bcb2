/** One line of `GET /containers/json`. */
import type { EndpointSettings, MountPoint, PortMap } from '#spec';
import type { ContainerState } from '#supervisor';
import type { Engine } from '../context.ts';
import { stateOf } from './inspect.ts';
import { endpointSettings, portsOf } from './network-settings.ts';
import type { ContainerRecord } from './record.ts';
import { linkNames } from './spec/links.ts';
import { statusText } from './status-text.ts';

/** What filters look at, made once for each container. */
export interface Candidate {
  readonly record: ContainerRecord;
  readonly state: ContainerState;
  /** `/parent/alias` for each link that others have to it. */
  readonly linkNames: readonly string[];
}

export interface LooksUpImages {
  readonly images: Pick<Engine['images'], 'lookup'>;
}

export function candidatesOf(engine: Pick<Engine, 'containers' | 'supervisor'>): Candidate[] {
  const records = engine.containers.list();
  const names = linkNames(records);
  return records.map((record) => ({ record, state: stateOf(engine, record), linkNames: names.get(record.id) ?? [] }));
}

export interface ContainerSummary {
  Id: string;
  Names: string[];
  Image: string;
  ImageID: string;
  Command: string;
  Created: number;
  Ports: PortSummary[];
  Labels: Record<string, string>;
  State: string;
  Status: string;
  HostConfig: { NetworkMode: string; Annotations?: Record<string, string> };
  NetworkSettings: { Networks: Record<string, unknown> };
  Mounts: MountPoint[];
  SizeRw?: number;
  SizeRootFs?: number;
}

interface PortSummary {
  IP?: string;
  PrivatePort: number;
  PublicPort?: number;
  Type: string;
}

export function summaryOf(engine: Pick<Engine, 'lives' | 'clock' | 'networks'> & LooksUpImages, { record, state, linkNames }: Candidate): ContainerSummary {
  const { Annotations, NetworkMode } = record.hostConfig;
  return {
    Id: record.id,
    Names: [`/${record.name}`, ...linkNames],
    Image: shownImage(engine, record),
    ImageID: record.image,
    Command: commandText([...(record.config.Entrypoint ?? []), ...(record.config.Cmd ?? [])]),
    Created: Math.floor(record.created / 1000),
    Ports: portSummaries(portsOf(engine, record, state)),
    Labels: record.config.Labels,
    State: state.status,
    Status: statusText(state, engine.lives.of(record.id).health?.state, engine.clock.now()),
    HostConfig: { NetworkMode, ...(Annotations && { Annotations }) },
    NetworkSettings: { Networks: seats(engine, record, state) },
    Mounts: [...record.mounts],
  };
}

/** Lists show where a container sits, and nothing of what it asked for but its addresses. */
function seats(engine: Pick<Engine, 'networks'>, record: ContainerRecord, state: ContainerState): Record<string, EndpointSettings> {
  const settings = Object.entries(endpointSettings(engine, record, state));
  return Object.fromEntries(settings.map(([name, seat]) => [name, { ...seat, Links: null, Aliases: null, DriverOpts: null, DNSNames: null }]));
}

/** The reference it was made by while that still means the same image, its id otherwise. */
function shownImage(engine: LooksUpImages, record: ContainerRecord): string {
  return engine.images.lookup(record.config.Image)?.id === record.image ? record.config.Image : record.image;
}

/** Arguments with spaces come in single quotes. */
function commandText([program = '', ...words]: readonly string[]): string {
  return [program, ...words.map((word) => (word.includes(' ') ? `'${word}'` : word))].join(' ');
}

export function portSummaries(ports: PortMap): PortSummary[] {
  return Object.entries(ports).flatMap(([port, sides]) => {
    const [number = '', type = 'tcp'] = port.split('/');
    const own = { PrivatePort: Number(number), Type: type };
    if (!sides) return [own];
    return sides.map((side) => ({ IP: side.HostIp, PrivatePort: own.PrivatePort, ...(side.HostPort !== '' && { PublicPort: Number(side.HostPort) }), Type: type }));
  });
}
