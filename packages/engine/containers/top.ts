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

/** `psArguments` as on ps's own command line; '' means `-ef`. Throws Conflict when it does not run, Internal with ps's own words. */
export async function topContainer(engine: Pick<Engine, 'containers' | 'supervisor' | 'events'>, name: string, psArguments: string): Promise<TopResponse> {
  const record = engine.containers.find(name);
  const { id } = record;
  const status = engine.supervisor.state(id)?.status;
  if (status === 'restarting') throw new Conflict(`Container ${id} is restarting, wait until the container is running`);
  if (status !== 'running' && status !== 'paused') throw new Conflict(`container ${id} is not running`);
  const [output, pids] = await Promise.all([ps(psArguments.split(/\s+/).filter(Boolean)), engine.supervisor.pids(id)]);
  engine.events.publish('container', 'top', id, attributesOf(record));
  return pick(output, new Set(pids));
}

async function ps(words: readonly string[]): Promise<string> {
  try {
    return (await promisify(execFile)('ps', words.length > 0 ? [...words] : ['-ef'], { maxBuffer: 16 << 20 })).stdout;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') throw new Internal('ps is not installed on this host; install it with: apt-get install -y procps', { cause: error });
    const { stderr = '' } = error as { stderr?: string };
    throw new Internal(`ps: ${stderr.split('\n')[0] ?? ''}`, { cause: error });
  }
}

/** Keeps the rows of `pids`; the last column takes the rest of its line. */
function pick(output: string, pids: ReadonlySet<number>): TopResponse {
  const [header = '', ...rows] = output.trimEnd().split('\n');
  const titles = header.trim().split(/\s+/);
  const column = titles.indexOf('PID');
  if (column < 0) throw new Internal("Couldn't find PID field in ps output");
  const processes = rows.map((row) => fields(row, titles.length)).filter((row) => pids.has(Number(row[column])));
  return { Titles: titles, Processes: processes };
}

function fields(row: string, count: number): string[] {
  const words = row.trim().split(/\s+/);
  return words.length <= count ? words : [...words.slice(0, count - 1), words.slice(count - 1).join(' ')];
}
