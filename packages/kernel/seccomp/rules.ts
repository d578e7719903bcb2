/** The rules of a profile, gathered by system call number for one architecture. */
import type { OciSeccomp, OciSyscallRule } from '#spec';
import { InvalidArgument } from '#base';
import { syscallNumbers } from './syscalls.ts';
import { type Architecture, verdictOf } from './verdicts.ts';

export interface Condition {
  readonly index: number;
  readonly op: string;
  readonly value: bigint;
  readonly valueTwo: bigint;
}

/** All conditions must hold; none: always. */
export interface Rule {
  readonly verdict: number;
  readonly conditions: readonly Condition[];
}

const operators = new Set(['NE', 'LT', 'LE', 'EQ', 'GE', 'GT', 'MASKED_EQ'].map((name) => `SCMP_CMP_${name}`));

export const operatorNames = (): string[] => [...operators];

/** Numbers (without the architecture's base) and their rules in order. A name this architecture lacks is passed over. */
export function rulesByNumber(profile: OciSeccomp, architecture: Architecture, fallback: number): Map<number, Rule[]> {
  const numbers = syscallNumbers(architecture.table);
  const found = new Map<number, Rule[]>();
  for (const syscall of profile.syscalls ?? []) {
    const verdict = verdictOf(syscall.action, syscall.errnoRet);
    if (verdict === fallback) continue;
    const rules = alternatives(syscall).map((conditions) => ({ verdict, conditions }));
    for (const name of syscall.names) {
      const number = numbers.get(name);
      if (number !== undefined) found.set(number, [...(found.get(number) ?? []), ...rules]);
    }
  }
  return found;
}

/** Arm's private calls (cacheflush, set_tls …) lie far beyond the rest. */
const PRIVATE = 0x10000;

/** The largest number that the profile speaks of at all: what is beyond it the profile's author did not know. */
export function largestNamed(profile: OciSeccomp, architecture: Architecture): number {
  const numbers = syscallNumbers(architecture.table);
  const named = (profile.syscalls ?? []).flatMap(({ names }) => names.map((name) => numbers.get(name) ?? -1));
  return named.reduce((most, number) => (number < PRIVATE ? Math.max(most, number) : most), -1);
}

/** Conditions on different arguments are all needed; several on one argument are alternatives (as runc reads old profiles). */
function alternatives(syscall: OciSyscallRule): Condition[][] {
  const conditions = (syscall.args ?? []).map(({ index, op, value, valueTwo }) => {
    if (!operators.has(op)) throw new InvalidArgument(`invalid seccomp operator: ${op}`);
    if (!(index >= 0 && index < 6)) throw new InvalidArgument(`invalid seccomp argument index: ${index}`);
    return { index, op: op.slice('SCMP_CMP_'.length), value: BigInt(value), valueTwo: BigInt(valueTwo ?? 0) };
  });
  const repeated = new Set(conditions.map(({ index }) => index)).size < conditions.length;
  return repeated ? conditions.map((condition) => [condition]) : [conditions];
}
