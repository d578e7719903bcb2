/** A measured mistake as a list of answers for a made-up engine: the ledger keeps the bodies of refusals only. */
import type { CannedAnswer } from '../../../packages/cli/testing/fake-engine.ts';
import { bare } from './recorded.ts';

export interface Mistake {
  readonly id: string;
  readonly title: string;
  readonly command: readonly string[];
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly stdin?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly http?: readonly { readonly method: string; readonly target: string; readonly status: number; readonly contentType?: string; readonly body?: unknown }[];
}

const someId = 'f'.repeat(64);

/** Nothing where an answer cannot be made up. */
export function answersTo(mistake: Mistake): CannedAnswer[] | undefined {
  const calls = mistake.http ?? [];
  const id = calls.map(({ target }) => /containers\/([0-9a-f]{64})/.exec(target)?.[1]).find(Boolean) ?? someId;
  const answers: CannedAnswer[] = [];
  for (const { method, target: versioned, status, contentType, body } of calls) {
    const target = bare(versioned);
    const rest = status >= 400 ? { status, headers: { 'Content-Type': contentType ?? 'application/json' }, body: JSON.stringify(body) } : accepted(mistake, target, status, id);
    if (!rest) return undefined;
    answers.push({ method, target, ...rest });
  }
  return answers;
}

function accepted({ title, exitCode }: Mistake, target: string, status: number, id: string): Omit<CannedAnswer, 'method' | 'target'> | undefined {
  const path = target.replace(/\?.*/, '');
  if (path === '/containers/create') return { status: 201, body: JSON.stringify({ Id: id, Warnings: [] }) };
  if (path.endsWith('/attach')) return { status: 101, headers: { 'Content-Type': 'application/vnd.docker.multiplexed-stream' } };
  if (path.endsWith('/wait')) return { body: JSON.stringify({ StatusCode: exitCode }) };
  if (path === '/containers/json') return { body: JSON.stringify([{ Id: someId, Names: ['/x'], Image: 'x', ImageID: '', Command: '', Created: 0, State: 'created', Status: 'Created' }]) };
  if (/^\/containers\/[^/]*\/json$/.test(path)) {
    return { body: JSON.stringify({ Id: id, Name: '/led-run', Config: { Tty: false }, State: { Running: !title.includes('stopped'), Paused: title.includes('paused') } }) };
  }
  if (path === '/info') return { body: '{}' };
  return status === 204 ? { status } : undefined;
}
