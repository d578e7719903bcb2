import { Internal, quote } from '#base';

/** Decimal with a sign or none, of 64 bits; `-0` is 0. Throws Internal in the words of Go's strconv, which dockerd answers with 500. */
export function parseInteger(text: string, parser: 'Atoi' | 'ParseInt' = 'Atoi'): number {
  if (!/^[+-]?\d+$/.test(text)) throw new Internal(`strconv.${parser}: parsing ${quote(text)}: invalid syntax`);
  const number = BigInt(text.replace('+', ''));
  if (BigInt.asIntN(64, number) !== number) throw new Internal(`strconv.${parser}: parsing ${quote(text)}: value out of range`);
  return Number(number);
}
