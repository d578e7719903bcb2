/** `--link`: another container's name, and its variables, inside this one. A container knows its links as `id:alias`. */
import { Conflict, Internal, InvalidArgument, messageOf } from '#base';
import type { Endpoint, ReachedPort } from '#network';
import type { ContainerRecord, ContainerStore } from '../store.ts';
import { overlayEnvironment } from './environment.ts';
import { parseLink } from './parse-link.ts';
import { containerOfMode, isUserDefined } from './modes.ts';
import { parsePort } from './ports.ts';

/** What the two halves of `--link` on the host's network, and links to a container there, are told. */
export const hostLinksConflict = "conflicting options: host type networking can't be used with links. This would result in undefined behavior";

/**
 * `name` or `name:alias` as `id:alias`; throws InvalidArgument when there is no such container, or it is on the host's
 * network. On a user-defined network links are names that its DNS answers: nobody needs to have them yet.
 */
export function resolveLinks(links: readonly string[], mode: string, containers: Pick<ContainerStore, 'find'>): string[] {
  if (isUserDefined(mode)) return [];
  return links.map((link) => {
    const [name = '', alias = name] = link.split(':');
    return `${linkTarget(name, containers).id}:${alias.replace(/^\//, '')}`;
  });
}

/** The container itself, or the one whose network it has. */
function linkTarget(name: string, containers: Pick<ContainerStore, 'find'>): ContainerRecord {
  const target = findLinked(name, containers);
  const { NetworkMode } = target.hostConfig;
  if (NetworkMode === 'host') throw new InvalidArgument(hostLinksConflict);
  const owner = containerOfMode(NetworkMode);
  return owner === undefined ? target : linkTarget(owner, containers);
}

function findLinked(name: string, containers: Pick<ContainerStore, 'find'>): ContainerRecord {
  try {
    return containers.find(name);
  } catch (error) {
    throw new InvalidArgument(`could not get container for ${name}: ${messageOf(error)}`);
  }
}

/** `HostConfig.Links` as inspect shows them: `/child:/parent/alias`; null where there are none. */
export function shownLinks(record: ContainerRecord, containers: Pick<ContainerStore, 'get'>): string[] | null {
  const shown = record.links.map(parseLink).flatMap(({ id, alias }) => {
    const child = containers.get(id);
    return child ? [`/${child.name}:/${record.name}/${alias}`] : [];
  });
  return shown.length > 0 ? shown : null;
}

/** The names that links of others give to containers, `/parent/alias`, by the container's id. */
export function linkNames(records: readonly ContainerRecord[]): ReadonlyMap<string, readonly string[]> {
  const names = new Map<string, string[]>();
  for (const parent of records) {
    for (const { id, alias } of parent.links.map(parseLink)) names.set(id, [...(names.get(id) ?? []), `/${parent.name}/${alias}`]);
  }
  return names;
}

export interface LinkedContainer {
  readonly record: ContainerRecord;
  readonly alias: string;
  /** Its endpoint on the default bridge; undefined while it does not run. */
  readonly endpoint: Endpoint | undefined;
}

/** Lines for /etc/hosts as `names:address`. Throws Conflict when a linked container does not run, Internal when it cannot be linked. */
export function linkedHosts(record: ContainerRecord, linked: readonly LinkedContainer[]): string[] {
  return linked.flatMap(({ record: other, alias, endpoint }) => {
    if (!other.networks['bridge']) throw new Internal(`Cannot link to /${other.name}, as it does not belong to the default network`);
    if (!endpoint) throw new Conflict(`Cannot link to a non running container: /${other.name} AS /${record.name}/${alias}`);
    const names = [...new Set([alias, other.config.Hostname, other.name])].join(' ');
    return [endpoint.ipv4, endpoint.ipv6].flatMap((lease) => (lease ? [`${names}:${lease.address}`] : []));
  });
}

/** Docker's variables: `ALIAS_PORT_80_TCP_ADDR` and its like, and the other's own as `ALIAS_ENV_X`. */
export function linkedEnvironment(record: ContainerRecord, linked: readonly LinkedContainer[]): string[] {
  return linked.flatMap(({ record: other, alias, endpoint }) => {
    const prefix = alias.toUpperCase().replaceAll('-', '_');
    const address = endpoint?.ipv4?.address ?? '';
    const ports = exposedPorts(other);
    const [first] = ports;
    const own = overlayEnvironment([], other.config.Env ?? []).filter((entry) => !/^(PATH|HOME)=/.test(entry));
    return [
      ...(first ? [`${prefix}_PORT=${first.protocol}://${address}:${first.port}`] : []),
      ...runsOf(ports).flatMap((run) => runVariables(prefix, address, run)),
      ...ports.flatMap((port) => portVariables(prefix, address, port)),
      `${prefix}_NAME=/${record.name}/${alias}`,
      ...own.map((entry) => `${prefix}_ENV_${entry}`),
    ];
  });
}

/** What the links open where containers may not call each other. */
export function reachedPorts(linked: readonly LinkedContainer[]): ReachedPort[] {
  const children = new Map(linked.map(({ record }) => [record.id, record]));
  return [...children.values()].flatMap((record) => exposedPorts(record).map((exposed) => ({ containerId: record.id, ...exposed })));
}

export type ExposedPort = Pick<ReturnType<typeof parsePort>, 'port' | 'protocol'>;

/** What links reach, by number; tcp first. */
export function exposedPorts({ config }: ContainerRecord): ExposedPort[] {
  const ports = Object.keys(config.ExposedPorts ?? {}).map(parsePort);
  return ports.flatMap(({ port, end, protocol }) => Array.from({ length: end - port + 1 }, (_, index) => ({ port: port + index, protocol })))
    .toSorted((a, b) => a.port - b.port || Number(b.protocol === 'tcp') - Number(a.protocol === 'tcp'));
}

function portVariables(prefix: string, address: string, { port, protocol }: ExposedPort): string[] {
  const key = `${prefix}_PORT_${port}_${protocol.toUpperCase()}`;
  return [`${key}=${protocol}://${address}:${port}`, `${key}_ADDR=${address}`, `${key}_PORT=${port}`, `${key}_PROTO=${protocol}`];
}

/** Ports in a row, as their first and last. */
function runsOf(ports: readonly ExposedPort[]): (readonly [ExposedPort, ExposedPort])[] {
  const runs: (readonly [ExposedPort, ExposedPort])[] = [];
  for (const port of ports) {
    const run = runs.at(-1);
    if (run && port.port <= run[1].port + 1) runs[runs.length - 1] = [run[0], port];
    else runs.push([port, port]);
  }
  return runs.filter(([first, last]) => first !== last);
}

function runVariables(prefix: string, address: string, [first, last]: readonly [ExposedPort, ExposedPort]): string[] {
  const key = `${prefix}_PORT_${first.port}_${first.protocol.toUpperCase()}`;
  return [
    `${key}_START=${first.protocol}://${address}:${first.port}`, `${key}_ADDR=${address}`, `${key}_PROTO=${first.protocol}`, `${key}_PORT_START=${first.port}`,
    `${key}_END=${last.protocol}://${address}:${last.port}`, `${key}_PORT_END=${last.port}`,
  ];
}
