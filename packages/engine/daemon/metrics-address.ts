import { InvalidArgument } from '#base';

/** `127.0.0.1:9323` of `--metrics-addr`; undefined for ''. Throws InvalidArgument. */
export function parsePort(text: string): { readonly host: string; readonly port: number } | undefined {
  if (text === '') return undefined;
  const [, host, port] = /^(\[[^\]]+\]|[^:]*):(\d+)$/.exec(text) ?? [];
  if (host === undefined || Number(port) > 65_535) throw new InvalidArgument(`invalid metrics address: ${text}`);
  return { host: host.replace(/^\[|\]$/g, ''), port: Number(port) };
}
