import { InvalidArgument } from './errors.ts';

const powers = ['', 'k', 'm', 'g', 't', 'p'];

/** Bytes of a size such as `512m`, `1.5GiB` or `1024`: powers of 1024, as Docker reads memory and volume sizes. Throws InvalidArgument (`invalid size: '…'`). */
export function parseRamSize(text: string): number {
  const match = /^(\d+(?:\.\d+)?) ?([kmgtp]?)i?b?$/i.exec(text);
  if (!match) throw new InvalidArgument(`invalid size: '${text}'`);
  return Math.trunc(Number(match[1]) * 1024 ** powers.indexOf((match[2] ?? '').toLowerCase()));
}
