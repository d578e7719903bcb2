import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { InvalidArgument } from '#base';
import type { Command } from '../command.ts';
import { print } from '../output.ts';

export const ps: Command = {
  usage: 'ps [--format table|json] <container-id> [ps options]',
  help: 'list the processes of a container',
  flags: [{ name: 'format', short: 'f', value: true }],
  takes: [1, Infinity],
  passesWords: true,
  async run(invocation) {
    const pids = invocation.container().cgroup.pids();
    const format = invocation.text('format') ?? 'table';
    if (format === 'json') print(`${JSON.stringify(pids)}\n`);
    else if (format === 'table') print(await rowsOf(pids, invocation.rest.slice(1)));
    else throw new InvalidArgument('invalid format option');
    return 0;
  },
};

/** The lines of ps(1) that are of `pids`. */
async function rowsOf(pids: readonly number[], options: readonly string[]): Promise<string> {
  const asked = promisify(execFile)('ps', options.length > 0 ? options : ['-ef'], { maxBuffer: Infinity }); // it tells of the whole machine
  const { stdout } = await asked.catch((error: { code?: unknown; stderr?: string }) => {
    throw typeof error.code === 'number' ? new InvalidArgument(`exit status ${error.code}: ${error.stderr}`, { cause: error }) : error;
  });
  const [header = '', ...rows] = stdout.trimEnd().split('\n');
  const column = header.trim().split(/\s+/).indexOf('PID');
  if (column < 0) throw new InvalidArgument("couldn't find PID field in ps output");
  const own = rows.filter((row) => pids.includes(Number(row.trim().split(/\s+/)[column])));
  return `${[header, ...own].join('\n')}\n`;
}
