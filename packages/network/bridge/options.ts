import { InvalidArgument, messageOf, parseBool, parseIp, quote } from '#base';
import type { NetworkRecord } from '../port.ts';

/** The bridge driver's options, parsed (`docker network create -o`). */
export interface BridgeOptions {
  /** Interface name, when the user chose one. */
  readonly name: string | undefined;
  readonly mtu: number;
  /** Containers of the network may reach each other. */
  readonly icc: boolean;
  /** Their packets leave with the host's address. */
  readonly masquerade: boolean;
  /** Where ports are published when the user names no address. */
  readonly hostBinding4: string;
  readonly hostBinding6: string;
  readonly gatewayMode4: GatewayMode;
  readonly gatewayMode6: GatewayMode;
  /** The host's address that their packets leave with, in place of the interface's; '' for that. */
  readonly hostAddress4: string;
  readonly hostAddress6: string;
  /** The bridge itself gets no IPv4 address: something else is the gateway. */
  readonly inhibitIPv4: boolean;
  /** Interfaces of the host by which published ports are reached at the containers' own addresses too. */
  readonly trustedInterfaces: readonly string[];
}

/** nat translates; routed leaves addresses alone and opens the published ports; isolated gives an internal network no address on the host. */
export type GatewayMode = 'nat' | 'nat-unprotected' | 'routed' | 'isolated';

const PREFIX = 'com.docker.network.bridge.';
export const MTU_OPTION = 'com.docker.network.driver.mtu';
const DEFAULT_MTU = 1500;
/** Docker accepts only names that the kernel does: at most 15 bytes, no slash, no blank. Quotes and backslashes nft(8) has no way to write. */
const INTERFACE_NAME = /^(?!\.{1,2}$)[^\s/:"\\]{1,15}$/;

/** Of records that are there: none of them changes, and a start asks for each five times. */
const parsed = new WeakMap<object, BridgeOptions>();

/** A network's options; throws InvalidArgument for a value that cannot be. Unknown options are kept and ignored, as Docker does. */
export function bridgeOptionsOf(network: Pick<NetworkRecord, 'options' | 'internal'>): BridgeOptions {
  const known = parsed.get(network) ?? parse(network);
  parsed.set(network, known);
  return known;
}

function parse({ options, internal }: Pick<NetworkRecord, 'options' | 'internal'>): BridgeOptions {
  const get = (key: string): string | undefined => options[PREFIX + key];
  return {
    name: interfaceName(get('name')),
    mtu: mtuOf(options[MTU_OPTION]),
    icc: boolean('enable_icc', get('enable_icc'), true),
    masquerade: boolean('enable_ip_masquerade', get('enable_ip_masquerade'), true),
    hostBinding4: address('host_binding_ipv4', get('host_binding_ipv4'), 4),
    hostBinding6: address('host_binding_ipv6', get('host_binding_ipv6'), 6),
    gatewayMode4: gatewayMode('gateway_mode_ipv4', get('gateway_mode_ipv4'), internal),
    gatewayMode6: gatewayMode('gateway_mode_ipv6', get('gateway_mode_ipv6'), internal),
    hostAddress4: hostAddress(options, 4),
    hostAddress6: hostAddress(options, 6),
    inhibitIPv4: boolean('inhibit_ipv4', get('inhibit_ipv4'), false),
    trustedInterfaces: interfaceNames('trusted_host_interfaces', get('trusted_host_interfaces')),
  };
}

/** By family, whether an address is kept for the bridge: one that has none on an internal network leads nowhere either. */
export function needsGateway(network: Pick<NetworkRecord, 'options' | 'internal'>): Record<4 | 6, boolean> {
  const { gatewayMode4, gatewayMode6, inhibitIPv4 } = bridgeOptionsOf(network);
  return { 4: gatewayMode4 !== 'isolated' && !(inhibitIPv4 && network.internal), 6: gatewayMode6 !== 'isolated' };
}

function interfaceName(value: string | undefined): string | undefined {
  if (value === undefined || value === '') return undefined;
  if (!INTERFACE_NAME.test(value)) throw new InvalidArgument(`invalid bridge name: ${JSON.stringify(value)} is not the name of an interface`);
  return value;
}

/** `eth0:eth1`. */
function interfaceNames(key: string, value = ''): string[] {
  const names = value.split(':').filter((name) => name !== '');
  const wrong = names.find((name) => !INTERFACE_NAME.test(name));
  if (wrong !== undefined) throw new InvalidArgument(`invalid ${PREFIX}${key} value: ${JSON.stringify(wrong)} is not the name of an interface`);
  return names;
}

/** The MTU option's value; 1500 when there is none, or 0. */
export function mtuOf(value: string | undefined): number {
  if (value === undefined) return DEFAULT_MTU;
  if (!/^[+-]?\d{1,18}$/.test(value)) throw new InvalidArgument(`failed to parse ${MTU_OPTION} value: ${value} (strconv.Atoi: parsing ${quote(value)}: invalid syntax)`);
  const mtu = Number(value);
  if (mtu < 0 || mtu > 65535) throw new InvalidArgument(`invalid MTU number: ${mtu}`);
  return mtu || DEFAULT_MTU;
}

function boolean(key: string, value: string | undefined, otherwise: boolean): boolean {
  if (value === undefined) return otherwise;
  try {
    return parseBool(value);
  } catch (error) {
    throw new InvalidArgument(`failed to parse ${PREFIX}${key} value: ${value} (${messageOf(error)})`);
  }
}

function address(key: string, value: string | undefined, family: 4 | 6): string {
  if (value === undefined || value === '') return family === 4 ? '0.0.0.0' : '::';
  if (parseIp(value)?.family !== family) throw new InvalidArgument(`failed to parse ${PREFIX}${key} value: ${value} (${notOfFamily(value, family)})`);
  return value;
}

/** `com.docker.network.host_ipv4`, `_ipv6`. */
function hostAddress(options: NetworkRecord['options'], family: 4 | 6): string {
  const key = `com.docker.network.host_ipv${family}`;
  const value = options[key] ?? '';
  if (value !== '' && parseIp(value)?.family !== family) throw new InvalidArgument(`failed to parse ${key} value: ${value} (${notOfFamily(value, family)})`);
  return value;
}

/** Docker's word for what is no address at all; ours for the other family's, which it lets pass and never uses. */
function notOfFamily(value: string, family: 4 | 6): string {
  return parseIp(value) ? `no IPv${family} address` : 'nil ip';
}

function gatewayMode(key: string, value: string | undefined, internal: boolean): GatewayMode {
  if (value === undefined || value === '') return 'nat';
  if (value === 'isolated' && !internal) throw new InvalidArgument(`gateway mode 'isolated' can only be used for an internal network`);
  if (value === 'nat' || value === 'nat-unprotected' || value === 'routed' || value === 'isolated') return value;
  throw new InvalidArgument(`invalid ${PREFIX}${key} value: unknown gateway mode ${value}`);
}
