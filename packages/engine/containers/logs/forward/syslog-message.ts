/** One line as a syslog message. */
import type { LogIdentity, LogLine } from './port.ts';
import type { SyslogFormat } from './syslog-options.ts';

export interface SyslogHeader {
  readonly identity: Pick<LogIdentity, 'hostname' | 'tag'>;
  readonly facility: number;
  readonly format: SyslogFormat;
}

const severity = { 1: 6, 2: 3 } as const;

/** Ends in a newline: stream receivers tell messages apart by it. */
export function syslogMessage(line: LogLine, { identity, facility, format }: SyslogHeader): string {
  const priority = facility * 8 + severity[line.stream];
  const { hostname, tag } = identity;
  return `${head()}${line.text}\n`;

  function head(): string {
    const at = new Date(Number(line.time / 1_000_000n));
    if (format === 'unix') return `<${priority}>${stamp(at)} ${tag}[${process.pid}]: `;
    if (format === 'rfc3164') return `<${priority}>${stamp(at)} ${hostname} ${tag}[${process.pid}]: `;
    const fraction = format === 'rfc5424micro' ? `.${String((line.time / 1000n) % 1_000_000n).padStart(6, '0')}` : '';
    return `<${priority}>1 ${localTime(at, fraction)} ${hostname} ${tag} ${process.pid} ${tag} - `;
  }
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const two = (number: number): string => String(number).padStart(2, '0');

/** RFC 3164's time, local: `Nov  2 03:04:05`. */
function stamp(at: Date): string {
  return `${months[at.getMonth()]} ${String(at.getDate()).padStart(2)} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}

/** RFC 3339 with the host's own offset. */
function localTime(at: Date, fraction: string): string {
  const offset = -at.getTimezoneOffset();
  const zone = offset === 0 ? 'Z' : `${offset < 0 ? '-' : '+'}${two(Math.floor(Math.abs(offset) / 60))}:${two(Math.abs(offset) % 60)}`;
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}T${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}${fraction}${zone}`;
}
