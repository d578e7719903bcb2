/** Published ports: `PortBindings`, `ExposedPorts` and `--publish-all` as bindings for the network room, and back. */
import { InvalidArgument, quote } from '#base';
import type { ContainerPorts, PortBinding } from '#network';
import type { ContainerConfig, HostConfig, PortMap } from '#spec';

type Protocol = PortBinding['protocol'];

/** `80/tcp`; the protocol is tcp when none is named. */
export function parsePort(text: string): { port: number; end: number; protocol: Protocol } {
  const [range = '', protocol = 'tcp'] = text.split('/');
  const [first, last = first] = range.split('-').map(Number);
  return { port: first ?? 0, end: last ?? 0, protocol: protocol.toLowerCase() as Protocol };
}

/**
 * One binding for each published container port and host address. Host port 0 takes any free one. A port that is bound
 * but not exposed is not published, as dockerd has it: clients name it in both.
 */
export function portBindings(config: Pick<ContainerConfig, 'ExposedPorts'>, host: Pick<HostConfig, 'PortBindings' | 'PublishAllPorts'>): PortBinding[] {
  const exposed = new Set(Object.keys(config.ExposedPorts ?? {}).map(normal));
  const asked = Object.entries(host.PortBindings ?? {}).filter(([port]) => exposed.has(normal(port)));
  const bindings = asked.flatMap(([port, sides]) => (sides ?? []).flatMap((side) => expand(port, side.HostIp ?? '', side.HostPort ?? '')));
  if (!host.PublishAllPorts) return bindings;
  const named = new Set(asked.filter(([, sides]) => sides?.length).map(([port]) => normal(port)));
  const rest = [...exposed].filter((port) => !named.has(port));
  return [...bindings, ...rest.flatMap((port) => expand(port, '', ''))];
}

/** Ports whose list of bindings is there, and empty. */
export function emptyBindings(ports: PortMap | null | undefined): string[] {
  return Object.entries(ports ?? {}).flatMap(([port, sides]) => (sides?.length === 0 ? port : []));
}

/** Gives each of `ports` any free port of the host. */
export function withFreePorts(bindings: PortMap | null | undefined, ports: readonly string[]): PortMap {
  return { ...bindings, ...Object.fromEntries(ports.map((port) => [port, [{ HostIp: '', HostPort: '' }]])) };
}

/** What a container publishes, and what it exposes. */
export function containerPorts(config: Pick<ContainerConfig, 'ExposedPorts'>, host: Pick<HostConfig, 'PortBindings' | 'PublishAllPorts'>): ContainerPorts {
  const published = portBindings(config, host);
  const named = Object.keys(config.ExposedPorts ?? {}).flatMap((port) => expand(port, '', ''));
  const exposed = new Map([...named, ...published].map(({ protocol, containerPort }) => [`${containerPort}/${protocol}`, { protocol, port: containerPort }]));
  return { published, exposed: [...exposed.values()] };
}

function expand(port: string, hostIp: string, hostPort: string): PortBinding[] {
  const { port: first, end, protocol } = parsePort(port);
  const [hostFirst = 0, hostLast = hostFirst] = hostPort === '' ? [] : hostPort.split('-').map(Number);
  if (hostLast > 65_535) throw new InvalidArgument(`invalid port specification: ${quote(hostPort)}`);
  const count = end - first + 1;
  const pairwise = count > 1 && hostLast - hostFirst + 1 === count;
  return Array.from({ length: count }, (_, index) => ({
    protocol,
    containerPort: first + index,
    hostIp,
    hostPort: pairwise ? hostFirst + index : hostFirst,
    hostPortEnd: pairwise ? hostFirst + index : hostLast,
  }));
}

/** Inspect's `NetworkSettings.Ports` of a running container: every exposed port, published ones with what they became. */
export function portMap(config: Pick<ContainerConfig, 'ExposedPorts'>, published: readonly PortBinding[]): PortMap {
  const map: PortMap = Object.fromEntries(Object.keys(config.ExposedPorts ?? {}).map((port) => [normal(port), null]));
  for (const binding of published) {
    const key = `${binding.containerPort}/${binding.protocol}`;
    map[key] = [...(map[key] ?? []), ...hostSides(binding)];
  }
  return Object.fromEntries(Object.entries(map).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** A binding on every address shows as one for IPv4 and one for IPv6; one of a routed network has no port of the host. */
export function hostSides(binding: PortBinding): { HostIp: string; HostPort: string }[] {
  const addresses = binding.hostIp === '' ? ['0.0.0.0', '::'] : [binding.hostIp];
  return addresses.map((HostIp) => ({ HostIp, HostPort: binding.hostPort === 0 ? '' : String(binding.hostPort) }));
}

function normal(port: string): string {
  const [number = '', protocol = 'tcp'] = port.split('/');
  return `${number}/${protocol}`;
}
