/** Dates and times in the forms that Docker takes, read as Go's time.Parse reads them, with its words for what is wrong. */
import { InvalidArgument, quote } from '#base';

const date = '2006-01-02';
const clocks = ['T15', 'T15:04', 'T15:04:05'];
const zone = 'Z07:00';

/**
 * Seconds since the epoch with nine digits of nanoseconds. A zone that is not written is the one of the machine.
 * Throws InvalidArgument.
 */
export function parseMoment(text: string, now: number): string {
  const isLocal = !(/[zZ+]/.test(text) || text.split('-').length - 1 === 3);
  const read = readBy(layoutFor(text, isLocal), text);
  const offset = isLocal ? -new Date(now).getTimezoneOffset() : read.offset;
  const milliseconds = Date.UTC(2000, read.month - 1, read.day, read.hour, read.minute, read.second) + yearsFrom2000(read);
  return `${milliseconds / 1000 - offset * 60}.${read.fraction.padEnd(9, '0').slice(0, 9)}`;
}

/** Date.UTC takes years below 100 for those of the last century. */
function yearsFrom2000({ year, month, day }: Read): number {
  return new Date(0).setUTCFullYear(year, month - 1, day) - new Date(0).setUTCFullYear(2000, month - 1, day);
}

function layoutFor(text: string, isLocal: boolean): string {
  const suffix = isLocal ? '' : zone;
  if (text.includes('.')) return `${date}T15:04:05.999999999${suffix}`;
  if (!text.includes('T')) return date + suffix;
  const colons = text.split(':').length - 1;
  const ofZone = isLocal || /[zZ]/.test(text) || colons === 0 ? 0 : 1;
  return date + (clocks[Math.min(2, colons - ofZone)] ?? clocks[2]) + suffix;
}

interface Read {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
  /** Digits of the second's fraction. */
  fraction: string;
  /** Minutes east of Greenwich. */
  offset: number;
}

/** How each element of a layout is written; what may not be beyond a limit is told so. */
const elements: Readonly<Record<string, { readonly pattern: RegExp; readonly put: (read: Read, found: RegExpExecArray) => string | undefined }>> = {
  '2006': { pattern: /^\d{4}/, put: (read, [text]) => void (read.year = Number(text)) },
  '01': { pattern: /^\d{2}/, put: (read, [text]) => within((read.month = Number(text)), 1, 12, 'month') },
  '02': { pattern: /^\d{2}/, put: (read, [text]) => void (read.day = Number(text)) },
  '15': { pattern: /^\d{1,2}/, put: (read, [text]) => within((read.hour = Number(text)), 0, 23, 'hour') },
  '04': { pattern: /^\d{2}/, put: (read, [text]) => within((read.minute = Number(text)), 0, 59, 'minute') },
  '05': { pattern: /^(\d{2})(?:[.,](\d+))?/, put: (read, [, text, fraction = '']) => within((read.second = Number(text)), 0, 59, 'second') ?? void (read.fraction = fraction) },
  '.999999999': { pattern: /^/, put: () => undefined }, // read with the second
  [zone]: { pattern: /^(?:Z|([+-])(\d{2}):(\d{2}))/, put: (read, [, sign, hours, minutes]) => void (read.offset = (Number(hours ?? 0) * 60 + Number(minutes ?? 0)) * (sign === '-' ? -1 : 1)) },
};

function within(value: number, least: number, most: number, name: string): string | undefined {
  return value < least || value > most ? `${name} out of range` : undefined;
}

function readBy(layout: string, text: string): Read {
  const complain = (what: string): never => {
    throw new InvalidArgument(`parsing time ${quote(text)}${what}`);
  };
  const read: Read = { year: 0, month: 1, day: 1, hour: 0, minute: 0, second: 0, fraction: '', offset: 0 };
  let rest = text;
  for (const part of layout.match(/2006|01|02|15|04|05|\.9+|Z07:00|[-T:]/g) ?? []) {
    const element = elements[part];
    const found = element ? element.pattern.exec(rest) : rest.startsWith(part) ? [part] : null;
    if (!found) return complain(` as ${quote(layout)}: cannot parse ${quote(rest)} as ${quote(part)}`);
    const wrong = element?.put(read, found as RegExpExecArray);
    if (wrong !== undefined) return complain(`: ${wrong}`);
    rest = rest.slice(found[0]?.length ?? 0);
  }
  if (rest !== '') return complain(`: extra text: ${quote(rest)}`);
  const last = new Date(Date.UTC(2000 + (read.year % 400), read.month, 0)).getUTCDate();
  return read.day < 1 || read.day > last ? complain(': day out of range') : read;
}
