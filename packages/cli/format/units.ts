/** Times and binary sizes as Docker shows and reads them (go-units); decimal sizes are base's `humanSize`. */
import { InvalidArgument, quote } from '#base';

const binaryUnits = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB', 'ZiB', 'YiB'];

/** `23.59GiB`: powers of 1024, four digits at most. */
export function binarySize(bytes: number): string {
  let size = bytes;
  let unit = 0;
  while (size >= 1024 && unit < binaryUnits.length - 1) {
    size /= 1024;
    unit++;
  }
  return `${Number(size.toPrecision(4))}${binaryUnits[unit]}`;
}

/** `About an hour`, `3 weeks`: how long `seconds` are. */
export function humanDuration(seconds: number): string {
  const whole = Math.trunc(seconds);
  if (whole < 1) return 'Less than a second';
  if (whole === 1) return '1 second';
  if (whole < 60) return `${whole} seconds`;
  const minutes = Math.trunc(seconds / 60);
  if (minutes === 1) return 'About a minute';
  if (minutes < 60) return `${minutes} minutes`;
  const hours = Math.trunc(seconds / 3600 + 0.5);
  if (hours === 1) return 'About an hour';
  if (hours < 48) return `${hours} hours`;
  if (hours < 24 * 7 * 2) return `${Math.trunc(hours / 24)} days`;
  if (hours < 24 * 30 * 2) return `${Math.trunc(hours / 24 / 7)} weeks`;
  if (hours < 24 * 365 * 2) return `${Math.trunc(hours / 24 / 30)} months`;
  return `${Math.trunc(seconds / 3600 / 24 / 365)} years`;
}

/** Reads `512m`, `1.5 GiB`, `100`: bytes, a unit being a power of 1024. Throws InvalidArgument in Docker's words. */
export function parseSize(text: string): number {
  const split = Math.max(...Array.from('0123456789. ', (character) => text.lastIndexOf(character)));
  if (split < 0) throw new InvalidArgument(`invalid size: '${text}'`);
  const digits = text.slice(0, text[split] === ' ' ? split : split + 1);
  const suffix = text.slice(split + 1);
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(digits)) throw new InvalidArgument(`strconv.ParseFloat: parsing ${quote(digits)}: invalid syntax`);
  const size = Number(digits);
  if (size < 0) throw new InvalidArgument(`invalid size: '${text}'`);
  if (suffix === '') return Math.trunc(size);
  const unit = /^(?:b|([kmgtpezy])(?:b|ib)?)$/i.exec(suffix);
  if (!unit) throw new InvalidArgument(`invalid suffix: '${suffix.length > 3 ? suffix : suffix.toLowerCase()}'`);
  return Math.trunc(size * 1024 ** ('kmgtpezy'.indexOf((unit[1] ?? '-').toLowerCase()) + 1));
}
