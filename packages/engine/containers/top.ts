/** `GET /containers/{id}/top`: ps(1) of the host, kept to the container's processes. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { Conflict, errnoOf, Internal } from '#base';
import type { Engine } from '../context.ts';
import { attributesOf } from './attributes.ts';

export interface TopResponse {
  readonly Titles: string[];
  readonly Processes: string[][];
}

/**
 * `psArguments` as on ps's own command line; '' means `-ef`. Throws Conflict when it does not run, Internal with ps's own
 * words, or where another column would be called PID.
 */
export async function topContainer(engine: Pick<Engine, 'containers' | 'supervisor' | 'events'>, name: string, psArguments: string): Promise<TopResponse> {
  requireOwnPid(psArguments);
  const record = engine.containers.find(name);
  const { id } = record;
  const status = engine.supervisor.state(id)?.status;
  if (status === 'restarting') throw new Conflict(`Container ${id} is restarting, wait until the container is running`);
  if (status !== 'running' && status !== 'paused') throw new Conflict(`container ${id} is not running`);
  const pids = await engine.supervisor.pids(id);
  const output = await psOf(psArguments.split(/\s+/).filter(Boolean), pids);
  engine.events.publish('container', 'top', id, attributesOf(record));
  return pick(output, new Set(pids));
}

/** Rows are known by what stands below PID. */
function requireOwnPid(psArguments: string): void {
  for (const [, column = '', title = ''] of psArguments.matchAll(/\s(\S*)=\s*(PID\S*)/g)) {
    if (column !== 'pid') throw new Internal(`specifying "${column}=${title}" is not allowed`);
  }
}

/** Some words select nothing by themselves (`o pid,cmd`: who has a terminal), others go with no selection (`f`). */
async function psOf(words: readonly string[], pids: readonly number[]): Promise<string> {
  const all = words.length > 0 ? words : ['-ef'];
  try {
    return await ps([...all, `-q${pids.join(',')}`]);
  } catch {
    return ps(all);
  }
}

async function ps(words: readonly string[]): Promise<string> {
  try {
    return (await promisify(execFile)('ps', [...words], { maxBuffer: 16 << 20 })).stdout;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') throw new Internal('ps is not installed on this host; install it with: apt-get install -y procps', { cause: error });
    const { stderr = '' } = error as { stderr?: string };
    throw new Internal(`ps: ${stderr.split('\n')[0] ?? ''}`, { cause: error });
  }
}

/** Keeps the rows of `pids`, with those of their threads (`m`), where PID is `-`; the last column takes the rest of its line. */
function pick(output: string, pids: ReadonlySet<number>): TopResponse {
  const [header = '', ...rows] = output.trimEnd().split('\n');
  const titles = header.trim().split(/\s+/);
  const column = titles.indexOf('PID');
  if (column < 0) throw new Internal("Couldn't find PID field in ps output");
  let own = false;
  const processes = rows.map((row) => fields(row, titles.length)).filter((row) => {
    if (row[column] !== '-') own = pids.has(Number(row[column]));
    return own;
  });
  return { Titles: titles, Processes: processes };
}

function fields(row: string, count: number): string[] {
  const words = row.trim().split(/\s+/);
  return words.length <= count ? words : [...words.slice(0, count - 1), words.slice(count - 1).join(' ')];
}
