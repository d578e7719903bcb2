import { InvalidArgument } from '#base';
import { isTransportUrl, splitTransport } from './transport.ts';

export type FluentdAddress =
  | { readonly protocol: 'unix'; readonly path: string }
  | { readonly protocol: 'tcp' | 'tls'; readonly host: string; readonly port: number };

const defaultPort = 24_224;

/** `host`, `host:port`, `tcp://…`, `tls://…`, `unix://…`; the local collector unless said. Throws InvalidArgument. */
export function fluentdAddress(text: string): FluentdAddress {
  if (text === '') return { protocol: 'tcp', host: '127.0.0.1', port: defaultPort };
  const parts = splitTransport(isTransportUrl(text) ? text : `tcp://${text}`);
  const refuse = (reason: string): never => {
    throw new InvalidArgument(`invalid fluentd-address ${text}: ${reason}`);
  };
  if (!parts) return refuse('malformed address');
  const { protocol, host, port, path } = parts;
  if (protocol === 'unix') return path === '' || path === '/' ? refuse('path is empty') : { protocol, path };
  if (protocol !== 'tcp' && protocol !== 'tls') return refuse(`unsupported scheme: '${protocol}'`);
  return { protocol, host: host || '127.0.0.1', port: port === '' ? defaultPort : Number(port) };
}
