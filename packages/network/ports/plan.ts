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
}

/** Ports that the kernel gives out by itself, from which unnamed host ports are taken (ip(7), ip_local_port_range). */
export interface PortRange {
  readonly first: number;
  readonly last: number;
}

/** Decides where a binding may go. Pure: `hasIPv6` says whether the host has IPv6 at all. */
export function planPort(binding: PortBinding, options: BridgeOptions, range: PortRange, hasIPv6: boolean): PortPlan {
  const addresses = addressesOf(binding.hostIp, options, hasIPv6);
  if (binding.hostPort === 0) return { binding, addresses, from: range.first, to: range.last, any: true };
  return { binding, addresses, from: binding.hostPort, to: Math.max(binding.hostPort, binding.hostPortEnd), any: false };
}

/** Docker's rule: no address means every IPv4 address and, where the host has IPv6, every IPv6 address. */
function addressesOf(hostIp: string, { hostBinding4, hostBinding6 }: BridgeOptions, hasIPv6: boolean): string[] {
  if (hostIp !== '') return [hostIp];
  if (hostBinding4 !== '0.0.0.0') return hostBinding6 === '::' ? [hostBinding4] : [hostBinding4, hostBinding6];
  return hasIPv6 ? [hostBinding4, hostBinding6] : [hostBinding4];
}

/** Reads `32768\t60999`; the kernel's default where it says nothing. */
export function parsePortRange(sysctl: string | undefined): PortRange {
  const [first, last] = (sysctl ?? '').split(/\s+/).map(Number);
  return first && last && first <= last ? { first, last } : { first: 32768, last: 60999 };
}
