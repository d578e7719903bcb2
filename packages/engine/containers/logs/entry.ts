/** One line of a json-file log: `{"log":"text\n","stream":"stdout","time":"2026-11-21T23:37:45.754338854Z"}`. */
export interface LogEntry {
  readonly stream: 1 | 2;
  readonly text: string;
  /** RFC 3339 with up to nine digits of a second, UTC. */
  readonly time: string;
}

/** Undefined for what is no entry: a line cut short by a crash of the machine. */
export function parseEntry(line: string): LogEntry | undefined {
  try {
    const { log, stream, time } = JSON.parse(line) as { log?: string; stream?: string; time?: string };
    if (typeof log !== 'string' || typeof time !== 'string') return undefined;
    return { stream: stream === 'stderr' ? 2 : 1, text: log, time };
  } catch {
    return undefined;
  }
}

/** Nanoseconds since the epoch. */
export function nanosecondsOf(time: string): bigint {
  const [, seconds = '', fraction = ''] = /^(.{19})(?:\.(\d{1,9}))?/.exec(time) ?? [];
  return BigInt(Date.parse(`${seconds}Z`)) * 1_000_000n + BigInt(fraction.padEnd(9, '0'));
}

/** The time with all nine digits, as Docker prints it before a line. */
export function fixedTime(time: string): string {
  const [, seconds = time, fraction = ''] = /^(.{19})(?:\.(\d{1,9}))?Z$/.exec(time) ?? [];
  return `${seconds}.${fraction.padEnd(9, '0')}Z`;
}
