/** `--link`: another container's name, and its variables, inside this one. */
import { Conflict, InvalidArgument, messageOf } from '#base';
import type { Endpoint } from '#network';
import type { ContainerRecord, ContainerStore } from '../store.ts';
import { overlayEnvironment } from './environment.ts';
import { parsePort } from './ports.ts';

/** `name` or `name:alias` as `id:alias`; throws InvalidArgument when there is no such container. */
export function resolveLinks(links: readonly string[], containers: Pick<ContainerStore, 'find'>): string[] {
  return links.map((link) => {
    const [name = '', alias = name] = link.split(':');
    try {
      return `${containers.find(name).id}:${alias.replace(/^\//, '')}`;
    } catch (error) {
      throw new InvalidArgument(`could not get container for ${name}: ${messageOf(error)}`);
    }
  });
}

export interface LinkedContainer {
  readonly record: ContainerRecord;
  readonly alias: string;
  /** Its endpoint on the default bridge; undefined while it does not run. */
  readonly endpoint: Endpoint | undefined;
}

/** Lines for /etc/hosts as `names:address`. Throws Conflict when a linked container does not run. */
export function linkedHosts(record: ContainerRecord, linked: readonly LinkedContainer[]): string[] {
  return linked.map(({ record: other, alias, endpoint }) => {
    if (!endpoint?.ipv4) throw new Conflict(`Cannot link to a non running container: /${other.name} AS /${record.name}/${alias}`);
    const names = [...new Set([alias, other.config.Hostname, other.name])].join(' ');
    return `${names}:${endpoint.ipv4.address}`;
  });
}

/** Docker's variables: `ALIAS_PORT_80_TCP_ADDR` and its like, and the other's own as `ALIAS_ENV_X`. */
export function linkedEnvironment(record: ContainerRecord, linked: readonly LinkedContainer[]): string[] {
  return linked.flatMap(({ record: other, alias, endpoint }) => {
    const prefix = alias.toUpperCase().replaceAll('-', '_');
    const address = endpoint?.ipv4?.address ?? '';
    const ports = Object.keys(other.config.ExposedPorts ?? {}).map(parsePort).toSorted((a, b) => a.port - b.port);
    const [first] = ports;
    const own = overlayEnvironment([], other.config.Env ?? []).filter((entry) => !/^(PATH|HOME)=/.test(entry));
    return [
      ...(first ? [`${prefix}_PORT=${first.protocol}://${address}:${first.port}`] : []),
      ...ports.flatMap(({ port, protocol }) => {
        const key = `${prefix}_PORT_${port}_${protocol.toUpperCase()}`;
        return [`${key}=${protocol}://${address}:${port}`, `${key}_ADDR=${address}`, `${key}_PORT=${port}`, `${key}_PROTO=${protocol}`];
      }),
      `${prefix}_NAME=/${record.name}/${alias}`,
      ...own.map((entry) => `${prefix}_ENV_${entry}`),
    ];
  });
}
