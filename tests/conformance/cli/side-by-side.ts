/** One command line for the real docker and for naru, on the same engine; what each said, made comparable. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { invoke } from '../../../packages/cli/testing/invoke.ts';

export interface Said {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A line to try. `@` in a word stands for who runs it, so that both can create and remove things of their own. */
export interface Row {
  readonly words: readonly string[];
  readonly stdin?: string;
  readonly env?: Readonly<Record<string, string>>;
}

export interface Sides {
  readonly docker: Said;
  readonly naru: Said;
}

/** Runs the line by both. naru runs in this process, called `docker`, with nothing of this machine's configuration. */
export async function bothSay(row: Row, env: Readonly<Record<string, string>>): Promise<Sides> {
  const words = (who: string) => row.words.map((word) => word.replaceAll('@', who));
  const surroundings = { HOME: '/nonexistent', ...env, ...row.env };
  const [docker, naru] = await Promise.all([
    runDocker(words('d'), surroundings, row.stdin ?? ''),
    invoke(words('n'), { program: 'docker', env: surroundings, stdin: row.stdin ?? '' }),
  ]);
  return { docker: comparable(docker), naru: comparable(naru) };
}

async function runDocker(words: readonly string[], env: Readonly<Record<string, string>>, stdin: string): Promise<Said> {
  const child = spawn('docker', words, { env: { PATH: process.env['PATH'], ...env }, timeout: 240_000 });
  child.stdin.on('error', () => {}); // a command that reads nothing closes it
  child.stdin.end(stdin);
  const [stdout, stderr, [code]] = await Promise.all([child.stdout.toArray(), child.stderr.toArray(), once(child, 'close')]);
  return { code: (code as number | null) ?? 128, stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() };
}

/** Ids, moments and lengths of time differ between two runs; names differ by who runs. */
function comparable({ code, stdout, stderr }: Said): Said {
  const plain = (text: string): string => text
    .replace(/\b(own|out|cid|exp)-[dn]/g, '$1-@')
    .replace(/^DEPRECATED: The legacy builder[^]*?\n\n/, '')
    .replace(/\b[0-9a-f]{64}\b/g, '<id>')
    .replace(/\b[0-9a-f]{12}\b/g, '<short id>')
    .replace(/\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?( \+0000 UTC|Z|[+-]\d\d:\d\d)?/g, '<moment>')
    .replace(/^time="<moment>" level=error msg="Can't (?:add file|close tar writer).*\n/gm, '') // docker's own log of a copy that was refused: it may be late
    .replace(/(Less than a second|About an? \w+|\d+ (seconds?|minutes?|hours?))( ago)? */g, '<span>$3 ')
    .replace(/(Sending build context to Docker daemon [^\r]*\r)+/g, '<context>');
  const aligned = (text: string): string => (text.includes('<span>') ? text.replace(/ {2,}/g, '  ') : text); // a column is as wide as the longest time
  return { code, stdout: aligned(plain(stdout)), stderr: plain(stderr) };
}

/** Reads a table of rows: a command line each, quoted as in a shell; `#` begins a comment. */
export function parseRows(text: string): { readonly line: string; readonly words: readonly string[] }[] {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return lines.map((line) => ({ line, words: Array.from(line.matchAll(/(?:'[^']*'|"[^"]*"|[^\s'"])+/g), ([word]) => word.replace(/'([^']*)'|"([^"]*)"/g, '$1$2')) }));
}
