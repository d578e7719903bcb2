/** `--security-opt`: most are the engine's; the paths of `systempaths` and the text of a seccomp profile are read here. */
import { readFileSync } from 'node:fs';
import { InvalidArgument, jsonProblem, quote } from '#base';
import { fileComplaint } from '../../../file-complaint.ts';

export interface SecurityOptions {
  readonly SecurityOpt: string[] | null;
  /** Empty lists unmask every path; null leaves the engine's own. */
  readonly MaskedPaths: string[] | null;
  readonly ReadonlyPaths: string[] | null;
}

/** Throws InvalidArgument in Docker's words. */
export function parseSecurity(options: readonly string[]): SecurityOptions {
  const sent = options.map(checked).filter((option) => option !== 'systempaths=unconfined');
  const unmasked = options.includes('systempaths=unconfined');
  return {
    SecurityOpt: options.length === 0 ? null : sent,
    MaskedPaths: unmasked ? [] : null,
    ReadonlyPaths: unmasked ? [] : null,
  };
}

function checked(option: string): string {
  if (option === 'no-new-privileges' || option === 'writable-cgroups') return option;
  const at = option.includes('=') ? option.indexOf('=') : option.indexOf(':');
  const [key, value] = at < 0 ? [option, ''] : [option.slice(0, at), option.slice(at + 1)];
  if (value === '' && key !== 'no-new-privileges') throw new InvalidArgument(`Invalid --security-opt: ${quote(option)}`);
  if (key !== 'seccomp' || value === 'unconfined' || value === 'builtin') return option;
  return `seccomp=${profileAt(value)}`;
}

function profileAt(path: string): string {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw fileComplaint(error, 'open', path, `opening seccomp profile (${path}) failed: `);
  }
  try {
    return JSON.stringify(JSON.parse(text));
  } catch (error) {
    throw new InvalidArgument(`compacting json for seccomp profile (${path}) failed: ${jsonProblem(text)}`, { cause: error });
  }
}
