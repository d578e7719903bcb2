/** Flags for sizes and shares of a processor. */
import { InvalidArgument } from '#base';
import { parseSize } from '../format/units.ts';
import type { Flag, FlagOptions } from './flag.ts';
import { flag } from './flag-types.ts';

/** `512m`: bytes. */
export function bytes(description: string, options: FlagOptions<number> = {}): Flag<number> {
  return flag({ name: 'bytes', initial: 0, parse: parseSize }, description, options);
}

/** As `bytes`; `-1` means no limit. */
export function bytesOrUnlimited(description: string, options: FlagOptions<number> = {}): Flag<number> {
  return flag({ name: 'bytes', initial: 0, parse: (text) => (text === '-1' ? -1 : parseSize(text)) }, description, options);
}

/** `1.5` processors, in billionths. */
export function decimal(description: string, options: FlagOptions<number> = {}): Flag<number> {
  return flag({ name: 'decimal', initial: 0, parse: parseProcessors }, description, options);
}

const billion = 10n ** 9n;

/** Exact, as Go's big.Rat is: more than nine decimals are refused. */
function parseProcessors(text: string): number {
  const ratio = /^([+-]?\d+)\/(\d+)$/.exec(text);
  const plain = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/.exec(text);
  if (ratio && BigInt(ratio[2] ?? 0) !== 0n) return exact(BigInt(ratio[1] ?? 0) * billion, BigInt(ratio[2] ?? 1));
  const digits = (plain?.[2] ?? '') + (plain?.[3] ?? '');
  if (!plain || digits === '') throw new InvalidArgument(`failed to parse ${text} as a rational number`);
  const exponent = Number(plain[4] ?? 0) - (plain[3] ?? '').length;
  const value = BigInt(`${plain[1] === '-' ? '-' : ''}${digits}`) * billion * 10n ** BigInt(Math.max(0, exponent));
  return exact(value, 10n ** BigInt(Math.max(0, -exponent)));
}

function exact(value: bigint, divisor: bigint): number {
  if (value % divisor !== 0n) throw new InvalidArgument('value is too precise');
  return Number(value / divisor);
}
