/** The `naru` command beside `docker`, both on Naru: start to end, and the CPU that it takes. */
import { join } from 'node:path';
import { ok, root } from '../../support/command.ts';
import { measure, timed, type Contenders, type Figure } from '../measure.ts';
import type { Engine } from '../peers.ts';

const commands = [['naru', join(root, 'bin/naru')], ['docker', 'docker']] as const;

export async function* cliWorks([naru]: readonly Engine[]): AsyncGenerator<Figure> {
  if (!naru) return;
  const { env } = naru;
  const each = (sample: (command: string) => Promise<number>): Contenders => Object.fromEntries(commands.map(([name, command]) => [name, () => sample(command)]));
  yield measure('naru ps', 'ms', 'as fast as docker', 11, each((command) => timed(() => ok(command, ['ps'], { env }))));
  yield measure('naru ps: CPU, twenty times', 'ms', 'as little as docker', 2, each(async (command) => {
    const text = await ok('sh', ['-c', 'i=0; while [ $i -lt 20 ]; do "$0" ps >/dev/null; i=$((i+1)); done; times', command], { env });
    return ofChildren(text);
  }));
}

/** The second line of sh's `times`: minutes and seconds, user and system. */
function ofChildren(text: string): number {
  const numbers = [...(text.split('\n')[1] ?? '').matchAll(/(\d+)m([\d.]+)s/g)];
  return numbers.reduce((sum, [, minutes = '0', seconds = '0']) => sum + (Number(minutes) * 60 + Number(seconds)) * 1000, 0);
}
