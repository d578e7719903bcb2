import { parseIp } from '#base';
import type { BridgeOptions } from '../bridge/options.ts';
import type { PortBinding } from '../port.ts';

/** One binding before it has its host port: the addresses that share one port number, and the numbers to try. */
export interface PortPlan {
  readonly binding: PortBinding;
  readonly addresses: readonly string[];
  readonly from: number;
  readonly to: number;
  /** Any port would do: start after the last one given instead of at `from`. */
  readonly any: boolean;
  /** Addresses that stand for a routed family: the container is reached at its own, and no port of the host is needed. */
  readonly routed: readonly string[];
}

/** Ports that the kernel gives out by itself, from which unnamed host ports are taken (ip(7), ip_local_port_range). */
export interface PortRange {
  readonly first: number;
  readonly last: number;
}

/** The container's own addresses, by which translation and relays reach it. */
export interface PortTarget {
  readonly ipv4: string | undefined;
  readonly ipv6: string | undefined;
}

/** Decides where a binding may go. Pure: `hasIPv6` says whether the host has IPv6 at all. */
export function planPort(binding: PortBinding, options: BridgeOptions, range: PortRange, hasIPv6: boolean, target: PortTarget): PortPlan {
  const all = addressesOf(binding.hostIp, options, hasIPv6);
  const routed = all.filter((address) => isRouted(address, options, target)).map((address) => (address.includes(':') ? '::' : '0.0.0.0'));
  const addresses = all.filter((address) => !isRouted(address, options, target));
  if (binding.hostPort === 0) return { binding, addresses, routed, from: range.first, to: range.last, any: true };
  return { binding, addresses, routed, from: binding.hostPort, to: Math.max(binding.hostPort, binding.hostPortEnd), any: false };
}

/** A family that the container does not have cannot be routed to it: there the daemon relays. */
function isRouted(address: string, { gatewayMode4, gatewayMode6 }: BridgeOptions, target: PortTarget): boolean {
  return address.includes(':') ? gatewayMode6 === 'routed' && target.ipv6 !== undefined : gatewayMode4 === 'routed' && target.ipv4 !== undefined;
}

/** Docker's rule: no address means every IPv4 address and, where the host has IPv6, every IPv6 address. */
function addressesOf(hostIp: string, { hostBinding4, hostBinding6 }: BridgeOptions, hasIPv6: boolean): string[] {
  if (hostIp !== '') return [withoutBrackets(hostIp)];
  if (hostBinding4 !== '0.0.0.0') return hostBinding6 === '::' ? [hostBinding4] : [hostBinding4, hostBinding6];
  return hasIPv6 ? [hostBinding4, hostBinding6] : [hostBinding4];
}

function withoutBrackets(address: string): string {
  const inner = /^\[(.*)\]$/.exec(address)?.[1];
  return inner !== undefined && parseIp(inner)?.family === 6 ? inner : address;
}

/** Reads `32768\t60999`; the kernel's default where it says nothing. */
export function parsePortRange(sysctl: string | undefined): PortRange {
  const [first, last] = (sysctl ?? '').split(/\s+/).map(Number);
  return first && last && first <= last ? { first, last } : { first: 32768, last: 60999 };
}
