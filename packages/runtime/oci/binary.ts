/** Calls to an OCI runtime's binary (runc, crun …), and what it wrote of its failures. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { Internal } from '#base';
import { readOr } from '#kernel';
import type { RuntimeBinary } from '../plan/layout.ts';

export interface BinaryCall {
  readonly binary: RuntimeBinary;
  /** Where the runtime keeps its states. */
  readonly stateRoot: string;
  /** The file that it logs to, as JSON. */
  readonly log: string;
}

/** Its command line. The path must be absolute: it is not searched for. */
export function wordsOf({ binary, stateRoot, log }: BinaryCall, ...words: readonly string[]): string[] {
  return [binary.path, ...binary.args, '--root', stateRoot, '--log', log, '--log-format', 'json', ...words];
}

/** What it is run with. */
export function environment(): string[] {
  return [`PATH=${process.env.PATH ?? '/usr/sbin:/usr/bin:/sbin:/bin'}`];
}

/** Runs `words` to the end with `input` on its stdin. Throws Internal with what it said. */
export async function callBinary(call: BinaryCall, words: readonly string[], input = ''): Promise<void> {
  rmSync(call.log, { force: true });
  const [program = '', ...rest] = wordsOf(call, ...words);
  const child = spawn(program, rest, { stdio: ['pipe', 'ignore', 'pipe'] });
  child.stdin.on('error', () => undefined); // it need not read
  child.stdin.end(input);
  const said = child.stderr.toArray();
  const [code] = (await once(child, 'close')) as [number | null];
  if (code === 0) return;
  throw new Internal(`OCI runtime ${words[0]} failed: ${lastError(call.log) ?? Buffer.concat((await said) as Uint8Array[]).toString().trim()}: unknown`);
}

/** The last error in a log of JSON lines; undefined when there is none. */
export function lastError(log: string): string | undefined {
  const lines = readOr(log, '').split('\n').filter(Boolean);
  for (const line of lines.toReversed()) {
    const entry = parseLine(line);
    if (entry?.level === 'error' && entry.msg) return entry.msg.trim();
  }
  return undefined;
}

function parseLine(line: string): { level?: string; msg?: string } | undefined {
  try {
    return JSON.parse(line) as { level?: string; msg?: string };
  } catch {
    return undefined; // a line that is not the log's
  }
}
