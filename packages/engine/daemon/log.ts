import type { Log, LogLevel } from '../context.ts';

const order: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];

/** Diagnostics on stderr, in the key=value form that log collectors know from dockerd. */
export function stderrLog(threshold: LogLevel): Log {
  return (level, message) => {
    if (order.indexOf(level) < order.indexOf(threshold)) return;
    process.stderr.write(`time="${new Date().toISOString()}" level=${level} msg=${JSON.stringify(message)}\n`);
  };
}
