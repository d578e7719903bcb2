import { InvalidArgument } from '#base';

/**
 * The ports that one word of EXPOSE names, as an image's config lists them: `80`, `80-82/udp`, and for old files'
 * sake `8080:80`, whose host part says nothing. Throws InvalidArgument in Docker's words.
 */
export function exposedPorts(word: string): string[] {
  const [address = '', written = ''] = [word.slice(0, Math.max(0, word.lastIndexOf(':'))), word.slice(word.lastIndexOf(':') + 1)];
  const slash = written.indexOf('/');
  const range = slash < 0 ? written : written.slice(0, slash);
  const protocol = (slash < 0 ? '' : written.slice(slash + 1)) || 'tcp';
  if (range === '') throw new InvalidArgument(`No port specified: ${word}<empty>`);
  const [first, last] = portRange(range) ?? invalid(`Invalid containerPort: ${range}`);
  checkHostPart(address, range, last - first);
  if (!['tcp', 'udp', 'sctp'].includes(protocol.toLowerCase())) invalid(`Invalid proto: ${protocol}`);
  return Array.from({ length: last - first + 1 }, (_, index) => `${first + index}/${protocol.toLowerCase()}`);
}

function checkHostPart(address: string, range: string, span: number): void {
  const host = address.slice(address.lastIndexOf(':') + 1);
  if (host === '') return;
  const [first, last] = portRange(host) ?? invalid(`Invalid hostPort: ${host}`);
  if (span > 0 && last - first !== span) invalid(`Invalid ranges specified for container and host Ports: ${range} and ${host}`);
}

function portRange(text: string): [first: number, last: number] | undefined {
  const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text);
  if (!match) return undefined;
  const [first, last] = [Number(match[1]), Number(match[2] ?? match[1])];
  return last > 65535 || last < first ? undefined : [first, last];
}

function invalid(message: string): never {
  throw new InvalidArgument(message);
}
