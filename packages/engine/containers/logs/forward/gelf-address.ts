import { InvalidArgument } from '#base';
import { isTransportUrl, splitTransport } from './transport.ts';

/** Throws InvalidArgument in Docker's words. */
export function gelfAddress(text: string): { readonly protocol: 'udp' | 'tcp'; readonly host: string; readonly port: number } {
  if (text === '') throw new InvalidArgument('gelf-address is a required parameter');
  if (!isTransportUrl(text)) throw new InvalidArgument(`gelf-address should be in form proto://address, got ${text}`);
  const parts = splitTransport(text);
  if (parts && parts.protocol !== 'udp' && parts.protocol !== 'tcp') throw new InvalidArgument('gelf: endpoint needs to be TCP or UDP');
  if (!parts || parts.port === '') throw new InvalidArgument('gelf: please provide gelf-address as proto://host:port');
  return { protocol: parts.protocol as 'udp' | 'tcp', host: parts.host || '127.0.0.1', port: Number(parts.port) };
}
