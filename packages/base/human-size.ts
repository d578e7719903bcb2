const decimalUnits = ['B', 'kB', 'MB', 'GB', 'TB', 'PB', 'EB', 'ZB', 'YB'];

/**
 * Bytes as Docker shows them to people: powers of 1000, `precision` significant digits, no trailing zeros (Go's `%.4g`):
 * `33.28kB`, `3MB`. With three digits 999.9 becomes `1e+03MB`, as it does there.
 */
export function humanSize(bytes: number, precision = 4): string {
  let size = bytes;
  let unit = 0;
  while (size >= 1000 && unit < decimalUnits.length - 1) {
    size /= 1000;
    unit++;
  }
  return `${significant(size, precision)}${decimalUnits[unit]}`;
}

/** Go's `%.<precision>g`. */
function significant(value: number, precision: number): string {
  const [mantissa = '', exponent] = value.toPrecision(precision).split('e');
  const digits = mantissa.includes('.') ? mantissa.replace(/\.?0+$/, '') : mantissa;
  if (exponent === undefined) return digits;
  return `${digits}e${exponent.replace(/(?<=[+-])(?=\d$)/, '0')}`;
}
