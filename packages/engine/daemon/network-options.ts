/** The flags that concern networks. */
import { isIP } from 'node:net';
import { isAbsolute } from 'node:path';
import { InvalidArgument, messageOf, parseCidr, quote } from '#base';
import { refuseLinkLocalClash } from '#network';
import type { EngineConfig } from '../context.ts';
import type { Values } from './flag-values.ts';
import { executableFault, parseIp, parseIpv4, parseMapOfMaps, parsePool } from './values.ts';

type NetworkConfig = Pick<
  EngineConfig,
  | 'defaultAddressPools' | 'defaultNetworkOptions' | 'bridge' | 'bip' | 'bip6' | 'fixedCidr' | 'fixedCidr6' | 'ipv6' | 'defaultGateway' | 'defaultGateway6' | 'hostGatewayIps' | 'mtu' | 'icc'
  | 'ipMasquerade' | 'ipForward' | 'directRouting' | 'acceptedMark' | 'packetRules' | 'userlandProxy' | 'defaultBindingIp' | 'guardPublishedPorts' | 'dns'
>;

/** Throws InvalidArgument in dockerd's words, also for flags that exclude each other. */
export function networksOf(values: Values): NetworkConfig {
  requireCompatible(values);
  return {
    defaultAddressPools: values.list('default-address-pool').map(parsePool),
    defaultNetworkOptions: parseMapOfMaps(values.list('default-network-opt')),
    bridge: values.text('bridge'),
    bip: values.text('bip'),
    bip6: values.text('bip6'),
    fixedCidr: values.text('fixed-cidr'),
    fixedCidr6: fixedCidr6Of(values.text('fixed-cidr-v6')),
    ipv6: values.on('ipv6'),
    defaultGateway: addressOf(values, 'default-gateway'),
    defaultGateway6: addressOf(values, 'default-gateway-v6'),
    hostGatewayIps: gatewaysOf(values.list('host-gateway-ip')),
    mtu: mtuOf(values.text('mtu')),
    icc: values.on('icc'),
    ipMasquerade: values.on('ip-masq') && values.on('iptables'),
    ipForward: values.on('ip-forward'),
    directRouting: values.on('allow-direct-routing'),
    acceptedMark: markOf(values.text('bridge-accept-fwmark')),
    packetRules: values.on('iptables'),
    userlandProxy: values.on('userland-proxy'),
    defaultBindingIp: parseIpv4(values.text('ip')),
    guardPublishedPorts: values.on('guard-published-ports'),
    dns: { servers: values.list('dns').map(parseIp), search: values.list('dns-search'), options: values.list('dns-opt') },
  };
}

function requireCompatible(values: Values): void {
  for (const bip of ['bip', 'bip6']) {
    if (values.text('bridge') !== '' && values.text(bip) !== '') throw new InvalidArgument(`failed to start daemon: You specified -b & --${bip}, mutually exclusive options. Please specify only one`);
  }
  if (!values.on('iptables') && !values.on('icc')) throw new InvalidArgument('failed to start daemon: You specified --iptables=false with --icc=false. ICC=false uses iptables to function. Please set --icc or --iptables to true');
  checkProxyPath(values.text('userland-proxy-path'));
}

/** No proxy runs, but a path that cannot be right is said to be wrong. */
function checkProxyPath(path: string): void {
  if (path === '') return;
  if (!isAbsolute(path)) throw new InvalidArgument(`invalid userland-proxy-path: must be an absolute path: ${path}`);
  const fault = executableFault(path);
  if (fault !== undefined) throw new InvalidArgument(`invalid userland-proxy-path: ${fault}`);
}

/** `2`, `0x2/0x3`: a packet is accepted whose mark has this value, where a mask is given in the bits of the mask. */
function markOf(text: string): EngineConfig['acceptedMark'] {
  if (text === '') return undefined;
  const [value = '', ...masks] = text.split('/');
  const parse = (what: string, number: string): number => {
    const parsed = /^(?:0x[0-9a-f]+|0o?[0-7]+|0b[01]+|[1-9]\d*|0)$/i.test(number) ? Number(/^0[0-7]+$/.test(number) ? `0o${number}` : number) : NaN;
    if (Number.isNaN(parsed)) throw new InvalidArgument(`invalid bridge-accept-fwmark: invalid firewall ${what} ${quote(text)}: strconv.ParseUint: parsing ${quote(number)}: invalid syntax`);
    if (parsed > 0xffff_ffff) throw new InvalidArgument(`invalid bridge-accept-fwmark: invalid firewall ${what} ${quote(text)}: strconv.ParseUint: parsing ${quote(number)}: value out of range`);
    return parsed;
  };
  return { value: parse('mark', value), mask: masks.length === 0 ? 0xffff_ffff : parse('mask', masks.join('/')) };
}

function gatewaysOf(texts: readonly string[]): string[] {
  const addresses = texts.map(parseIp);
  for (const family of [4, 6]) {
    if (addresses.filter((address) => isIP(address) === family).length > 1) throw new InvalidArgument(`only one IPv${family} host gateway IP address can be specified`);
  }
  return addresses;
}

function addressOf(values: Values, name: string): string {
  const text = values.text(name);
  return text === '' ? '' : parseIp(text);
}

/** The bits below the prefix are no part of a subnet, as with Docker. */
function fixedCidr6Of(text: string): string {
  if (text === '') return '';
  const block = parseCidr(text);
  if (!block) throw new InvalidArgument(`invalid fixed-cidr-v6: invalid CIDR address: ${text}`);
  if (block.family !== 6) throw new InvalidArgument('invalid fixed-cidr-v6: fixed-cidr-v6 is not an IPv6 subnet');
  try {
    refuseLinkLocalClash(block);
  } catch (error) {
    throw new InvalidArgument(`invalid fixed-cidr-v6: ${messageOf(error)}`, { cause: error });
  }
  return text;
}

function mtuOf(text: string): number {
  if (text === '' || text === '0') return 0;
  if (Number(text) < 68 || Number(text) > 65_535) throw new InvalidArgument(`invalid MTU: ${text}`);
  return Number(text);
}
