/** Diagnostics on stderr, as dockerd's own log writes them. */
import { InvalidArgument } from '#base';
import type { EngineConfig, Log, LogLevel } from '../context.ts';

/** How much a level lets through; dockerd's words beyond the four that are spoken here stand for the next. */
const order: Readonly<Record<string, number>> = { trace: 0, debug: 0, info: 1, warn: 2, error: 3, fatal: 4, panic: 4 };

/** In the key=value form that log collectors know, or as JSON (`--log-format`). What a reload changes holds at once. */
export function stderrLog(config: Pick<EngineConfig, 'logLevel' | 'logFormat'>): Log {
  return (level, message) => {
    if ((order[level] ?? 0) < (order[config.logLevel] ?? 0)) return;
    const time = new Date().toISOString();
    const line = config.logFormat === 'json' ? JSON.stringify({ level, msg: message, time }) : `time="${time}" level=${level} msg=${JSON.stringify(message)}`;
    process.stderr.write(`${line}\n`);
  };
}

/** The threshold that a word of `--log-level` names; `--debug` goes before it. Throws InvalidArgument. */
export function levelOf(word: string, debug: boolean): LogLevel | 'fatal' {
  const rank = order[word.toLowerCase()];
  if (rank === undefined) throw new InvalidArgument(`invalid logging level: ${word}`);
  return debug ? 'debug' : (['debug', 'info', 'warn', 'error', 'fatal'] as const)[rank] ?? 'info';
}
