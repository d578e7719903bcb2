import { Internal, quote } from '#base';
import type { NetworkRecord } from '../port.ts';

const PREFIX = 'com.docker.network.advertise_addr_';

/** How often neighbours are told of an address, and how many milliseconds lie between. `otherwise`: how often where the network does not say. */
export function advertisingOf({ options }: Pick<NetworkRecord, 'options'>, otherwise: number): { readonly messages: number; readonly interval: number } {
  return { messages: Number(options[`${PREFIX}nmsgs`] ?? otherwise), interval: Number(options[`${PREFIX}ms`] ?? 1000) };
}

/** Throws Internal with every reason, in Docker's words. */
export function validateAdvertising({ options }: Pick<NetworkRecord, 'options'>): void {
  const faults = [...faultOf(options, 'nmsgs', { kind: 'an integer', least: 0, most: 3 }), ...faultOf(options, 'ms', { kind: 'integer milliseconds', least: 100, most: 2000 })];
  if (faults.length > 0) throw new Internal(faults.join('\n'));
}

function faultOf(options: NetworkRecord['options'], key: string, { kind, least, most }: { kind: string; least: number; most: number }): string[] {
  const name = PREFIX + key;
  const value = options[name];
  if (value === undefined) return [];
  if (!/^[+-]?\d+$/.test(value)) return [`value for option ${name} ${quote(value)} must be ${kind}`];
  return Number(value) < least || Number(value) > most ? [`${name} must be in the range ${least} to ${most}`] : [];
}
