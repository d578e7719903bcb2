/** Diagnostics on stderr, as dockerd's own log writes them. */
import { InvalidArgument } from '#base';
import type { EngineConfig, Log, LogLevel } from '../context.ts';

/** How much a level lets through; dockerd's words beyond the four that are spoken here stand for the next. */
const order: Readonly<Record<string, number>> = { trace: 0, debug: 0, info: 1, warn: 2, error: 3, fatal: 4, panic: 4 };

/** In the key=value form that log collectors know, for a reader's eye on a terminal, or as JSON (`--log-format`). What a reload changes holds at once. */
export function stderrLog(config: Pick<EngineConfig, 'logLevel' | 'logFormat' | 'rawLogs'>, isTerminal = process.stderr.isTTY): Log {
  return (level, message) => {
    if ((order[level] ?? 0) < (order[config.logLevel] ?? 0)) return;
    const form = config.logFormat === 'json' ? asJson : isTerminal && !config.rawLogs ? inColours : asPairs;
    process.stderr.write(`${form(new Date().toISOString(), level, message)}\n`);
  };
}

const asJson = (time: string, level: LogLevel, msg: string): string => JSON.stringify({ level, msg, time });
const asPairs = (time: string, level: LogLevel, message: string): string => `time="${time}" level=${level} msg=${JSON.stringify(message)}`;

const colours = { debug: 37, info: 36, warn: 33, error: 31 } as const;
const inColours = (time: string, level: LogLevel, message: string): string => `\x1b[${colours[level]}m${level.toUpperCase().slice(0, 4)}\x1b[0m[${time}] ${message}`;

/** The threshold that a word of `--log-level` names; `--debug` goes before it. Throws InvalidArgument. */
export function levelOf(word: string, debug: boolean): LogLevel | 'fatal' {
  const rank = order[word.toLowerCase()];
  if (rank === undefined) throw new InvalidArgument(`invalid logging level: ${word}`);
  return debug ? 'debug' : (['debug', 'info', 'warn', 'error', 'fatal'] as const)[rank] ?? 'info';
}
