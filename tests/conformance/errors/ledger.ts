/** The measured mistakes: what the real client prints and returns against the real daemon. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../support/command.ts';

export interface Mistake {
  readonly id: string;
  readonly category: string;
  readonly title: string;
  readonly command: readonly string[];
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly stdin?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Calls of the daemon, pings aside; without any the mistake is the client's own. */
  readonly http?: readonly unknown[];
}

const file = join(process.env['NARU_SPECS'] ?? join(root, '..', 'shared', 'specs'), 'errors', 'errors.json');

/** The reason to skip, where the ledger is not on this machine. */
export const missing: string | false = existsSync(file) ? false : `the measured mistakes are not here (${file})`;

/** Those whose answer is the daemon's, of the parts that Naru has. */
export function mistakes(): Mistake[] {
  const ledger = JSON.parse(readFileSync(file, 'utf8')) as { readonly errors: readonly Mistake[] };
  const parts = new Set(['cli', 'run', 'container', 'image', 'registry', 'network', 'volume', 'build-classic', 'system']);
  return ledger.errors.filter((mistake) => parts.has(mistake.category) && (mistake.http ?? []).length > 0);
}
