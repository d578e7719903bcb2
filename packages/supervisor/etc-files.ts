/**
 * resolv.conf, hostname and hosts of a container: written into its directory before each start, bound into its /etc.
 * A container that joins another's network shares that one's files.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { hostname as hostnameOfHost } from 'node:os';
import { join } from 'node:path';
import { tolerating } from '#base';
import { setLabel } from '#kernel';
import { hostsFile, hostsFileOfHost, withAddresses, withNameAt, withoutAddresses, withoutName } from './hosts.ts';
import type { ContainerSpec, SeatChange } from './port.ts';
import type { Room } from './room.ts';
import type { Situation } from './spec/situation.ts';

const names = ['resolv.conf', 'hostname', 'hosts'] as const;

/** Where the three files lie, and where they go. */
export function etcFilesOf(room: Pick<Room, 'containersRoot' | 'entries'>, spec: ContainerSpec): Situation['etcFiles'] {
  const owner = ownerOf(room, spec);
  return names.map((name) => ({ destination: `/etc/${name}`, source: join(room.containersRoot, owner, name) }));
}

/** Needs the endpoints allocated: their addresses go into hosts. */
export async function writeEtcFiles(room: Room, spec: ContainerSpec): Promise<void> {
  const label = spec.security.selinux?.mount;
  const write = (name: (typeof names)[number], text: string): void => {
    const path = join(room.containersRoot, spec.id, name);
    writeFileSync(path, text);
    if (label) setLabel(path, label);
  };
  const seat = spec.network;
  if (seat.mode === 'container') return;
  const dns = seat.dns ?? { servers: [], search: [], options: [] };
  if (seat.mode === 'host') {
    write('hosts', hostsFileOfHost(hostsOfHost(), seat.extraHosts ?? []));
    write('hostname', `${spec.namespaces.uts === 'host' ? hostnameOfHost() : spec.hostname}\n`);
    write('resolv.conf', await room.networks.resolvConf(spec.id, ['host'], dns));
    return;
  }
  const endpoints = room.networks.endpoints({ containerId: spec.id });
  write('hosts', hostsFile({ hostname: spec.hostname, domainname: spec.domainname, extraHosts: seat.extraHosts, endpoints, withoutIPv6: spec.sysctl['net.ipv6.conf.all.disable_ipv6'] === '1' }));
  write('hostname', `${spec.hostname}\n`);
  write('resolv.conf', await room.networks.resolvConf(spec.id, seat.endpoints.map((endpoint) => endpoint.network), dns));
}

/** A host may have none. */
function hostsOfHost(): string {
  return tolerating(['ENOENT'], '', () => readFileSync('/etc/hosts', 'utf8'));
}

/** In place, since the files are bound into the container. A resolv.conf that is not as it was made stays as it is. */
export async function rewriteEtcFiles(room: Room, spec: ContainerSpec, { kind, endpoint, before, now, dns }: SeatChange): Promise<void> {
  const at = (name: (typeof names)[number]): string => join(room.containersRoot, spec.id, name);
  const hosts = readFileSync(at('hosts'), 'utf8');
  const addresses = [endpoint.ipv4, endpoint.ipv6].flatMap((address) => (address ? [address.address] : []));
  writeFileSync(at('hosts'), kind === 'taken' ? withAddresses(hosts, addresses, spec) : withoutAddresses(hosts, addresses));
  const made = await room.networks.resolvConf(spec.id, before, dns);
  if (readFileSync(at('resolv.conf'), 'utf8') === made) writeFileSync(at('resolv.conf'), await room.networks.resolvConf(spec.id, now, dns));
}

/** In the hosts of a running container: its link `name` is found at these addresses from now on, nowhere when there is none. */
export function repointHost(room: Pick<Room, 'containersRoot'>, id: string, name: string, addresses: readonly string[]): void {
  const path = join(room.containersRoot, id, 'hosts');
  const before = readFileSync(path, 'utf8');
  const after = addresses.length === 0 ? withoutName(before, name) : addresses.reduce((text, address) => withNameAt(text, name, address), before);
  if (after !== before) writeFileSync(path, after);
}

function ownerOf(room: Pick<Room, 'entries'>, spec: ContainerSpec): string {
  if (spec.network.mode !== 'container') return spec.id;
  const other = room.entries.get(spec.network.container);
  return other ? ownerOf(room, other.spec) : spec.id;
}
