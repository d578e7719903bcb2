/** Options of the local driver: a volume that is a mount of something else (tmpfs, nfs, cifs, a bind of a directory). */
import { isIP } from 'node:net';
import { InvalidArgument, messageOf, parseRamSize, quote } from '#base';

export type VolumeOptions = Readonly<Record<string, string>>;

const known = ['type', 'o', 'device', 'size'];
const required: readonly (readonly [option: string, needs: readonly string[]])[] = [['device', ['type']], ['type', ['device']], ['o', ['device', 'type']]];

/** Throws InvalidArgument, in Docker's words, for options the local driver does not take; `limits` says whether its file system limits directories. */
export function checkVolumeOptions(name: string, options: VolumeOptions, limits: boolean): void {
  const refuse = (message: string) => {
    throw new InvalidArgument(`create ${name}: ${message}`);
  };
  for (const option of Object.keys(options)) if (!known.includes(option)) refuse(`invalid option: ${quote(option)}`);
  if (options['type'] === 'cifs' && hostOf(options['device'])?.port) refuse("port not allowed in CIFS device URL, include 'port' in 'o='");
  // What is mounted from elsewhere is not the driver's to limit.
  if (readSize(options, refuse) > 0 && (!limits || 'device' in options)) refuse('quota size requested but no quota support');
  for (const [option, needs] of required) {
    const missing = option in options ? needs.find((need) => !(need in options)) : undefined;
    if (missing !== undefined) refuse(`missing required option: ${quote(missing)}`);
  }
}

function readSize(options: VolumeOptions, refuse: (message: string) => void): number {
  try {
    return sizeOf(options);
  } catch (error) {
    refuse(messageOf(error));
    throw error;
  }
}

/** Bytes that the volume may hold; 0 is no limit. Throws InvalidArgument. */
export function sizeOf(options: VolumeOptions): number {
  return options['size'] === undefined ? 0 : parseRamSize(options['size']);
}

/** The host name of a network file system's server, in `addr=` or cifs' device; undefined when it is an address already, or there is none. */
export function hostToResolve(options: VolumeOptions): string | undefined {
  const { type, device } = options;
  if (type !== 'nfs' && type !== 'cifs') return undefined;
  const address = addressIn(options) ?? (type === 'cifs' ? hostOf(device)?.host : undefined);
  return address && isIP(address) === 0 ? address : undefined;
}

/**
 * The mount that brings such a volume into a container; undefined for a plain directory. The kernel knows no host
 * names: `addressOf` gives what they were resolved to.
 */
export function mountOfOptions(options: VolumeOptions, addressOf: (host: string) => string): { type: string; source: string; options: string[] } | undefined {
  const { type, device } = options;
  if (!type || !device) return undefined;
  const host = hostToResolve(options);
  const list = optionList(options).map((option) => (host && option === `addr=${host}` ? `addr=${addressOf(host)}` : option));
  const source = host && addressIn(options) === undefined ? device.replace(host, addressOf(host)) : device;
  const isBind = list.includes('bind') || list.includes('rbind') || type === 'bind';
  return { type: isBind ? 'bind' : type, source, options: list };
}

/** `addr=`; undefined when it is empty too. */
function addressIn(options: VolumeOptions): string | undefined {
  return optionList(options).find((option) => option.startsWith('addr='))?.slice('addr='.length) || undefined;
}

/** Of `//host:port/share`, with or without a scheme. */
function hostOf(device = ''): { host: string; port: string } | undefined {
  const [, host = '', port = ''] = /^(?:[a-z][a-z0-9+.-]*:)?\/\/(?:[^@/]*@)?([^/:[\]]+|\[[^\]]*\])(?::(\d*))?(?:\/|$)/i.exec(device) ?? [];
  return host === '' ? undefined : { host, port };
}

function optionList(options: VolumeOptions): string[] {
  return (options['o'] ?? '').split(',').filter((option) => option !== '');
}
