/** `-p [[IP:]HOST:]CONTAINER[/PROTOCOL]` and `--expose`: ports and ranges of ports. */
import { isIP } from 'node:net';
import { InvalidArgument, messageOf } from '#base';
import type { PortMap } from '#spec';
import { parseInteger } from '../../../command/parse-number.ts';

type PortSet = Record<string, Record<string, never>>;

/** Published ports and, with them, those that are only exposed. Throws InvalidArgument in Docker's words. */
export function parsePorts(published: readonly string[], exposed: readonly string[]): { bindings: PortMap; exposed: PortSet } {
  const bindings: Record<string, { HostIp: string; HostPort: string }[]> = {};
  for (const spec of published.map(shortForm)) {
    for (const { port, ip, host } of parseSpec(spec)) (bindings[port] ??= []).push({ HostIp: ip, HostPort: host });
  }
  const ports: PortSet = Object.fromEntries(Object.keys(bindings).map((port) => [port, {}]));
  for (const spec of exposed) for (const port of parseExposed(spec)) ports[port] = {};
  return { bindings, exposed: ports };
}

/** `published=80,target=8080,protocol=udp` in the short form. */
function shortForm(spec: string): string {
  if (!spec.includes('=')) return spec;
  const values: Record<string, string> = { protocol: 'tcp' };
  for (const pair of spec.split(',')) {
    const at = pair.indexOf('=');
    if (at <= 0) throw new InvalidArgument(`invalid publish opts format (should be name=value but got '${pair}')`);
    values[pair.slice(0, at)] = pair.slice(at + 1);
  }
  return `${values['published'] ?? ''}:${values['target'] ?? ''}/${values['protocol'] ?? ''}`;
}

interface Binding {
  readonly port: string;
  readonly ip: string;
  readonly host: string;
}

function parseSpec(spec: string): Binding[] {
  const parts = spec.split(':');
  const [written, protocol] = splitProtocol(parts.pop() ?? '');
  const host = parts.pop() ?? '';
  const ip = addressOf(parts.join(':'));
  if (written === '') throw new InvalidArgument(`no port specified: ${spec}<empty>`);
  const [start, end] = rangeOf(written, `invalid containerPort: ${written}`);
  const [hostStart, hostEnd] = host === '' ? [0, 0] : rangeOf(host, `invalid hostPort: ${host}`);
  if (host !== '' && end - start !== hostEnd - hostStart && end !== start) {
    throw new InvalidArgument(`invalid ranges specified for container and host Ports: ${written} and ${host}`);
  }
  const kind = protocol.toLowerCase();
  if (!['tcp', 'udp', 'sctp'].includes(kind)) throw new InvalidArgument(`invalid proto: ${protocol}`);
  const dynamic = start === end && hostStart !== hostEnd;
  return Array.from({ length: end - start + 1 }, (_, index) => ({
    port: `${start + index}/${kind}`,
    ip,
    host: host === '' ? '' : dynamic ? `${hostStart}-${hostEnd}` : String(hostStart + index),
  }));
}

function splitProtocol(text: string): [port: string, protocol: string] {
  const [port = '', protocol = ''] = text.split('/');
  return [port, protocol || 'tcp'];
}

function addressOf(text: string): string {
  const bare = text.startsWith('[') ? withoutBrackets(text) : text;
  if (bare !== '' && (isIP(bare) === 0 || bare.includes('%'))) throw new InvalidArgument(`invalid IP address: ${bare}`);
  return bare;
}

/** Throws InvalidArgument in the words of Go's net.SplitHostPort, which is given the address and a colon. */
function withoutBrackets(text: string): string {
  const end = text.indexOf(']');
  const inner = text.slice(1, end);
  const complain = (what: string) => new InvalidArgument(`invalid IP address ${text}: address ${text}:: ${what} in address`);
  if (end < 0) throw complain("missing ']'");
  if (end + 1 < text.length) throw complain(text[end + 1] === ':' ? 'too many colons' : 'missing port');
  if (inner.includes('[')) throw complain("unexpected '['");
  return inner;
}

function rangeOf(text: string, complaint: string): [number, number] {
  try {
    return parseRange(text);
  } catch (error) {
    throw new InvalidArgument(complaint, { cause: error });
  }
}

function parseRange(text: string): [number, number] {
  if (text === '') throw new InvalidArgument('empty string specified for ports');
  const [first = '', last = first] = text.split('-'); // a third one is not looked at
  const [start = 0, end = 0] = [first, last].map((part) => parseInteger(part.replace(/^0+(?=\d)/, ''), 'ParseUint', 16));
  if (end < start) throw new InvalidArgument(`invalid range specified for port: ${text}`);
  return [start, end];
}

function parseExposed(spec: string): string[] {
  if (spec.includes(':')) throw new InvalidArgument(`invalid port format for --expose: ${spec}`);
  const [port, protocol] = splitProtocol(spec);
  try {
    const [start, end] = parseRange(port);
    return Array.from({ length: end - start + 1 }, (_, index) => `${start + index}/${protocol}`);
  } catch (error) {
    throw new InvalidArgument(`invalid range format for --expose: ${spec}, error: ${messageOf(error)}`, { cause: error });
  }
}
