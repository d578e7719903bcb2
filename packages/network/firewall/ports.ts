/** Published ports as elements of the tables' maps and sets; pure, as text for nft(8) and as bytes for the kernel itself. */
import { ipBytes, parseIp } from '#base';
import { addElements, be16, deleteElements, registers, type NetlinkRequest, type NftFamily } from '#kernel';
import { bridgeOptionsOf } from '../bridge/options.ts';
import type { Endpoint, NetworkRecord, PortBinding } from '../port.ts';
import type { StoredEndpoint } from '../store.ts';
import type { Elements } from './ruleset.ts';

/** A field of a concatenated key or value: an address, a protocol, or a port's number. */
type Field = { readonly link: string } | { readonly address: string } | { readonly protocol: PortBinding['protocol'] } | { readonly port: number };

/** An element of a set, or with `value` of a map. */
export interface PortElement {
  readonly family: NftFamily;
  readonly set: string;
  readonly key: readonly Field[];
  readonly value?: readonly Field[];
}

/** The sets and maps that published ports fill; `guarded` as the tables were laid. */
export function portSets(guarded: boolean): string[] {
  const inet = [4, 6].flatMap((family) => ['any', 'bound', 'open', 'trusted'].map((name) => `inet ${name}${family}`));
  const all = [...inet, 'inet linked4'];
  return guarded ? [...all, 'ip any', 'ip bound', 'ip6 any', 'ip6 bound'] : all;
}

const IPPROTO = { tcp: 6, udp: 17, sctp: 132 } as const;

/** What a container's published ports bring into the tables; `guarded` as the tables were laid, `direct`: they are reached at its own address too. */
export function elementsOfEndpoint(endpoint: Endpoint & Pick<StoredEndpoint, 'openPorts'>, network: NetworkRecord, { guarded, direct = false }: { readonly guarded: boolean; readonly direct?: boolean }): PortElement[] {
  if (network.driver !== 'bridge' || network.internal) return [];
  const options = bridgeOptionsOf(network);
  const seen = new Set<string>();
  const published = endpoint.ports.flatMap(({ hostIp, protocol, hostPort, containerPort }): PortElement[] => {
    const family = hostIp.includes(':') ? 6 : 4;
    const address = (family === 6 ? endpoint.ipv6 : endpoint.ipv4)?.address;
    if (address === undefined) return [];
    const target = [{ address }, { port: containerPort }];
    const isNew = isFirst(seen, family, protocol, containerPort);
    const isRouted = (family === 6 ? options.gatewayMode6 : options.gatewayMode4) === 'routed';
    const open: PortElement[] = isNew && (isRouted || direct) ? [{ family: 'inet', set: `open${family}`, key: [{ address }, { protocol }, { port: containerPort }] }] : [];
    if (isRouted) return open;
    const trusted = (isNew && !direct ? options.trustedInterfaces : []).map((link): PortElement => ({ family: 'inet', set: `trusted${family}`, key: [{ link }, { address }, { protocol }, { port: containerPort }] }));
    const isAny = hostIp === '0.0.0.0' || hostIp === '::';
    const key = [...(isAny ? [] : [{ address: hostIp }]), { protocol }, { port: hostPort }];
    const name = isAny ? 'any' : 'bound';
    const guard: PortElement[] = guarded ? [{ family: family === 6 ? 'ip6' : 'ip', set: name, key }] : [];
    return [{ family: 'inet', set: `${name}${family}`, key, value: target }, ...guard, ...open, ...trusted];
  });
  const elsewhere = ([4, 6] as const).flatMap((family) => {
    const address = (family === 6 ? endpoint.ipv6 : endpoint.ipv4)?.address;
    if (address === undefined || (family === 6 ? options.gatewayMode6 : options.gatewayMode4) !== 'routed') return [];
    const its = (endpoint.openPorts ?? []).filter(({ hostIp }) => hostIp === '' || hostIp.includes(':') === (family === 6));
    return its.filter(({ protocol, containerPort }) => isFirst(seen, family, protocol, containerPort)).map(({ protocol, containerPort }): PortElement => ({ family: 'inet', set: `open${family}`, key: [{ address }, { protocol }, { port: containerPort }] }));
  });
  return [...published, ...elsewhere];
}

/** A port of the container that is published twice is one element where only the container's side counts. */
function isFirst(seen: Set<string>, family: 4 | 6, protocol: string, port: number): boolean {
  const key = `${family} ${protocol} ${port}`;
  return !seen.has(key) && seen.add(key).has(key);
}

/** As nft(8) reads them, by family and set; protocols by number, since it looks their names up in a file of the host. */
export function textOf(elements: readonly PortElement[]): Elements {
  const texts = new Map<string, string[]>();
  for (const [name, list] of bySet(elements)) {
    texts.set(name, list.map(({ key, value }) => [key, ...(value ? [value] : [])].map((fields) => fields.map(fieldText).join(' . ')).join(' : ')));
  }
  return texts;
}

export function addRequests(table: string, elements: readonly PortElement[]): NetlinkRequest[] {
  return [...bySet(elements).values()].flatMap((list) => list[0] ? addElements(list[0].family, table, list[0].set, list.map(encode)) : []);
}

export function deleteRequests(table: string, elements: readonly PortElement[]): NetlinkRequest[] {
  return [...bySet(elements).values()].flatMap((list) => list[0] ? deleteElements(list[0].family, table, list[0].set, list.map(encode)) : []);
}

function bySet(elements: readonly PortElement[]): Map<string, PortElement[]> {
  const sets = new Map<string, PortElement[]>();
  for (const element of elements) {
    const name = `${element.family} ${element.set}`;
    const list = sets.get(name);
    if (list) list.push(element);
    else sets.set(name, [element]);
  }
  return sets;
}

function encode({ key, value }: PortElement): { key: Uint8Array; value?: Uint8Array } {
  return { key: registers(...key.map(fieldBytes)), ...(value && { value: registers(...value.map(fieldBytes)) }) };
}

function fieldText(field: Field): string {
  if ('link' in field) return JSON.stringify(field.link);
  return 'address' in field ? field.address : String('protocol' in field ? IPPROTO[field.protocol] : field.port);
}

/** A link's name fills sixteen bytes (IFNAMSIZ). */
function fieldBytes(field: Field): Uint8Array {
  if ('link' in field) return Buffer.concat([Buffer.from(field.link), Buffer.alloc(16)]).subarray(0, 16);
  if ('port' in field) return be16(field.port);
  if ('protocol' in field) return Uint8Array.of(IPPROTO[field.protocol]);
  return addressBytes(field.address);
}

/** Most elements of a change share their addresses. */
let latest: { readonly text: string; readonly bytes: Uint8Array } | undefined;

function addressBytes(text: string): Uint8Array {
  if (latest?.text === text) return latest.bytes;
  const ip = parseIp(text);
  if (!ip) throw new TypeError(`not an address: ${text}`);
  latest = { text, bytes: ipBytes(ip) };
  return latest.bytes;
}
