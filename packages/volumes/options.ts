/** Options of the local driver: a volume that is a mount of something else (tmpfs, nfs, cifs, a bind of a directory). */
import { isIP } from 'node:net';
import { InvalidArgument, parseRamSize, quote } from '#base';

export type VolumeOptions = Readonly<Record<string, string>>;

const known = ['type', 'o', 'device', 'size'];
const required: readonly (readonly [option: string, needs: readonly string[]])[] = [['device', ['type']], ['type', ['device']], ['o', ['device', 'type']]];

/** Throws InvalidArgument, in Docker's words, for options the local driver does not take; `limits` says whether its file system limits directories. */
export function checkVolumeOptions(name: string, options: VolumeOptions, limits: boolean): void {
  const refuse = (message: string) => {
    throw new InvalidArgument(`create ${name}: ${message}`);
  };
  for (const option of Object.keys(options)) if (!known.includes(option)) refuse(`invalid option: ${quote(option)}`);
  // What is mounted from elsewhere is not the driver's to limit.
  if (sizeOf(options) > 0 && (!limits || 'device' in options)) refuse('quota size requested but no quota support');
  for (const [option, needs] of required) {
    const missing = option in options ? needs.find((need) => !(need in options)) : undefined;
    if (missing !== undefined) refuse(`missing required option: ${quote(missing)}`);
  }
}

/** Bytes that the volume may hold; 0 is no limit. Throws InvalidArgument. */
export function sizeOf(options: VolumeOptions): number {
  return options['size'] === undefined ? 0 : parseRamSize(options['size']);
}

/** The host name in a network file system's `addr=` option; undefined when it is an address already, or there is none. */
export function hostToResolve(options: VolumeOptions): string | undefined {
  if (options['type'] !== 'nfs' && options['type'] !== 'cifs') return undefined;
  const address = optionList(options).find((option) => option.startsWith('addr='))?.slice('addr='.length);
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
  const isBind = list.includes('bind') || list.includes('rbind') || type === 'bind';
  return { type: isBind ? 'bind' : type, source: device, options: list };
}

function optionList(options: VolumeOptions): string[] {
  return (options['o'] ?? '').split(',').filter((option) => option !== '');
}
