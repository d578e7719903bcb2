import { InvalidArgument } from '#base';
import { flag, parseCsvLine } from '../../../command/flag-types.ts';
import type { Flag, FlagOptions } from '../../../command/flag.ts';

/** One `--network`: a name, or `name=a,alias=b,ip=…`. */
export interface NetworkRequest {
  target: string;
  aliases: string[];
  links: string[];
  ip: string;
  ip6: string;
  mac: string;
  linkLocal: string[];
  driverOptions: Record<string, string>;
  gatewayPriority: number;
}

export function network(description: string, options: FlagOptions<NetworkRequest[]> = {}): Flag<NetworkRequest[]> {
  return flag({ name: 'network', initial: [], parse: (text, earlier) => [...earlier, parseNetwork(text)] }, description, options);
}

/** A request for a network by name alone. */
export function plainNetwork(target: string): NetworkRequest {
  return { target, aliases: [], links: [], ip: '', ip6: '', mac: '', linkLocal: [], driverOptions: {}, gatewayPriority: 0 };
}

/** Parses one `--network`; the long form is read in lower case, as Docker reads it. Throws InvalidArgument. */
export function parseNetwork(text: string): NetworkRequest {
  if (!/\w+=\w+(,\w+=\w+)*/.test(text)) return plainNetwork(text);
  const request = plainNetwork('');
  for (const field of parseCsvLine(text)) {
    const lower = field.toLowerCase();
    const at = lower.indexOf('=');
    if (at <= 0) throw new InvalidArgument(`invalid field ${field}`);
    apply(request, lower.slice(0, at).trim(), lower.slice(at + 1).trim());
  }
  if (request.target === '') throw new InvalidArgument('network name/id is not specified');
  return request;
}

function apply(request: NetworkRequest, key: string, value: string): void {
  switch (key) {
    case 'name': request.target = value; break;
    case 'alias': request.aliases.push(value); break;
    case 'ip': request.ip = value; break;
    case 'ip6': request.ip6 = value; break;
    case 'mac-address': request.mac = value; break;
    case 'link-local-ip': request.linkLocal.push(value); break;
    case 'driver-opt': applyDriverOption(request, value); break;
    case 'gw-priority': request.gatewayPriority = priorityOf(value); break;
    default: throw new InvalidArgument(`invalid field key ${key}`);
  }
}

function applyDriverOption(request: NetworkRequest, value: string): void {
  const at = value.indexOf('=');
  if (at <= 0) throw new InvalidArgument('invalid key value pair format in driver options');
  request.driverOptions[value.slice(0, at).trim()] = value.slice(at + 1).trim();
}

function priorityOf(value: string): number {
  if (!/^[+-]?\d+$/.test(value)) throw new InvalidArgument(`invalid gw-priority (${value}): invalid syntax`);
  return Number(value);
}
