/**
 * What goes wrong, as runC writes it: lines of logrus, which containerd and conmon parse. An error goes to the log, and
 * as a bare sentence to stderr where the log is a file.
 */
import { appendFileSync, writeSync } from 'node:fs';
import { InvalidArgument } from '#base';

export type LogLevel = 'debug' | 'warning' | 'error';

export interface Log {
  write(level: LogLevel, message: string): void;
  /** A warning before there is a container whose stderr ours could be too. */
  warnFirst(message: string): void;
  /** The last word of a command that failed. */
  fail(message: string): void;
}

export interface LogOptions {
  /** A file; stderr when not given. */
  readonly path: string | undefined;
  readonly format: string;
  readonly debug: boolean;
}

/** Throws InvalidArgument for a format that is neither text nor json. */
export function openLog({ path, format, debug }: LogOptions): Log {
  if (format !== 'text' && format !== 'json') throw new InvalidArgument(`invalid log-format: ${format}`);
  if (path) appendFileSync(path, ''); // who cannot be told of a failure is told now
  const write = (level: LogLevel, message: string): void => {
    if (level === 'debug' && !debug) return;
    if (level === 'warning' && !path && !debug) return; // stderr is the container's too
    put(level, message);
  };
  const put = (level: LogLevel, message: string): void => {
    const line = `${format === 'json' ? jsonLine(level, message) : textLine(level, message)}\n`;
    if (path) appendFileSync(path, line);
    else writeSync(2, line);
  };
  return {
    write,
    warnFirst: (message) => put('warning', message),
    fail(message) {
      write('error', message);
      if (path) writeSync(2, `${message}\n`);
    },
  };
}

/** RFC 3339 to the second. */
const now = (): string => `${new Date().toISOString().slice(0, 19)}Z`;

function jsonLine(level: LogLevel, message: string): string {
  return JSON.stringify({ level, msg: message, time: now() });
}

function textLine(level: LogLevel, message: string): string {
  const text = /^[\w.+@^/-]+$/.test(message) ? message : JSON.stringify(message);
  return `time="${now()}" level=${level} msg=${text}`;
}
