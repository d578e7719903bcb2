import { InvalidArgument, quote } from '#base';

/**
 * Reads what Go's strconv.ParseInt or ParseUint reads with base 0 (`10`, `0x1f`, `0o17`, `0b1`, `1_000`), `bits` wide.
 * Throws InvalidArgument in its words. Values past 2^53 lose their last digits.
 */
export function parseInteger(text: string, by: 'ParseInt' | 'ParseUint' | 'Atoi', bits: number): number {
  const complain = (what: string): never => {
    throw new InvalidArgument(`strconv.${by}: parsing ${quote(text)}: ${what}`);
  };
  const found = (by === 'ParseUint' ? /^()(.+)$/ : /^([+-]?)(.+)$/).exec(text);
  const digits = by === 'Atoi' ? /^\d+$/ : /^(?:0[xX][\da-fA-F_]+|0[bB][01_]+|0[oO]?[0-7_]*|[1-9][\d_]*)$/;
  if (!found || !digits.test(found[2] ?? '')) return complain('invalid syntax');
  const plain = (found[2] ?? '').replaceAll('_', '');
  const octal = by !== 'Atoi' && /^0\d/.test(plain);
  const size = BigInt(octal ? `0o${plain.slice(1)}` : plain);
  const value = found[1] === '-' ? -size : size;
  const [low, high] = by === 'ParseUint' ? [0n, 1n << BigInt(bits)] : [-(1n << BigInt(bits - 1)), 1n << BigInt(bits - 1)];
  return value < low || value >= high ? complain('value out of range') : Number(value);
}
