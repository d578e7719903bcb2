/**
 * A seccomp profile as a BPF program (OCI runtime-spec config-linux.md "Seccomp"). For each architecture the system
 * call number is found by binary search over the ranges that share a verdict, so that a call costs some seven
 * comparisons whatever the profile's length; only calls with conditions on arguments go further.
 *
 *   load arch ─▶ which? ─▶ load number ─▶ search ─▶ return verdict
 *                                              └──▶ conditions ─▶ return verdict
 */
import { Assembler, JEQ, JGE, JGT, type Place } from './assemble.ts';
import { type Condition, largestNamed, type Rule, rulesByNumber } from './rules.ts';
import { ALLOW, type Architecture, architecturesOf, flagsOf, NOTIFY, verdictOf } from './verdicts.ts';
import { InvalidArgument } from '#base';
import type { OciSeccomp } from '#spec';

/** Offsets in struct seccomp_data. */
const NUMBER = 0;
const ARCH = 4;
const ARGUMENTS = 16;

const KILL = 0;
const ENOSYS_VERDICT = 0x00050000 | 38;
const X32_BASE = 0x40000000;
/** SECCOMP_FILTER_FLAG_NEW_LISTENER. */
const NEW_LISTENER = 8;
/** BPF_MAXINSNS. */
const LONGEST = 4096;

export interface CompiledSeccomp {
  /** SECCOMP_FILTER_FLAG_*. */
  readonly flags: number;
  /** struct sock_filter × n. */
  readonly program: Uint8Array;
}

const compiled = new WeakMap<OciSeccomp, CompiledSeccomp>();

/** Compiles once for each profile object. Throws InvalidArgument on what the spec does not know. */
export function compileSeccomp(profile: OciSeccomp, native: string = process.arch): CompiledSeccomp {
  const known = compiled.get(profile);
  if (known) return known;
  const listens = profile.syscalls?.some(({ action }) => action === 'SCMP_ACT_NOTIFY') ?? false;
  if (listens && !profile.listenerPath) throw new InvalidArgument('listenerPath not specified but seccomp notify is used');
  refuseDeadlock(profile);
  const result = { flags: flagsOf(profile.flags) | (listens ? NEW_LISTENER : 0), program: assembleProfile(profile, native) };
  compiled.set(profile, result);
  return result;
}

/** Calls that bring the listener to its agent: handed over to the agent they would wait for themselves. runC refuses the first. */
const bringing = ['write', 'sendmsg'];

function refuseDeadlock({ syscalls = [] }: OciSeccomp): void {
  const notified = syscalls.flatMap(({ action, names }) => (action === 'SCMP_ACT_NOTIFY' ? names : []));
  const wrong = bringing.find((name) => notified.includes(name));
  if (wrong) throw new InvalidArgument(`SCMP_ACT_NOTIFY cannot be used for the ${wrong} syscall`);
}

function assembleProfile(profile: OciSeccomp, native: string): Uint8Array {
  const fallback = verdictOf(profile.defaultAction, profile.defaultErrnoRet);
  if (fallback === NOTIFY) throw new InvalidArgument('SCMP_ACT_NOTIFY cannot be used as default action');
  const architectures = architecturesOf(profile.architectures, native);
  const out = new Assembler();
  let which = out.returns(KILL); // an architecture that the profile does not speak of
  for (const audit of [...new Set(architectures.map((architecture) => architecture.audit))].toReversed()) {
    const here = out.load(NUMBER, search(out, intervalsOf(profile, architectures.filter((a) => a.audit === audit), fallback)));
    which = out.test(JEQ, audit, here, which);
  }
  out.load(ARCH, which);
  if (out.length > LONGEST) throw new InvalidArgument(`seccomp profile needs ${out.length} instructions, ${LONGEST} are possible`);
  return out.bytes();
}

/** From `start` up to the next interval's start: one verdict, or rules to look into. */
interface Interval {
  readonly start: number;
  readonly rules: readonly Rule[];
  readonly fallback: number;
  readonly wide: boolean;
}

function intervalsOf(profile: OciSeccomp, architectures: readonly Architecture[], fallback: number): Interval[] {
  const intervals: Interval[] = [];
  for (const architecture of architectures) {
    for (const interval of architectureIntervals(profile, architecture, fallback)) append(intervals, interval);
  }
  const x86_64 = architectures.some(({ table }) => table === 'x86_64');
  const x32 = architectures.some(({ table }) => table === 'x32');
  if (x86_64 && !x32) append(intervals, { start: X32_BASE, rules: [], fallback: KILL, wide: true });
  return intervals;
}

function architectureIntervals(profile: OciSeccomp, architecture: Architecture, fallback: number): Interval[] {
  const { base, wide } = architecture;
  const byNumber = rulesByNumber(profile, architecture, fallback);
  const unknown = unknownVerdict(profile, fallback);
  const last = largestNamed(profile, architecture);
  if (!byNumber.has(last)) byNumber.set(last, []);
  const intervals: Interval[] = [{ start: base, rules: [], fallback, wide }];
  for (const number of [...byNumber.keys()].toSorted((a, b) => a - b)) {
    const rules = byNumber.get(number) ?? [];
    if (number < 0) continue;
    const sure = rules.find(({ conditions }) => conditions.length === 0);
    append(intervals, { start: base + number, rules: sure ? [] : rules, fallback: sure?.verdict ?? fallback, wide });
    append(intervals, { start: base + number + 1, rules: [], fallback: number < last ? fallback : unknown, wide });
  }
  return intervals;
}

/**
 * System calls newer than the profile are answered with ENOSYS, not EPERM, so that C libraries fall back to the older
 * call (clone3, faccessat2 …), unless the profile allows or kills by default.
 */
function unknownVerdict(profile: OciSeccomp, fallback: number): number {
  return fallback !== ALLOW && profile.defaultAction === 'SCMP_ACT_ERRNO' && profile.syscalls?.length ? ENOSYS_VERDICT : fallback;
}

/** Joins neighbours with the same verdict; a later start at the same place replaces the one before. */
function append(intervals: Interval[], next: Interval): void {
  if (intervals.at(-1)?.start === next.start) intervals.pop();
  const before = intervals.at(-1);
  if (before && before.rules.length + next.rules.length === 0 && before.fallback === next.fallback) return;
  intervals.push(next);
}

/** The number is loaded; every path ends in a verdict. There is one interval at least. */
function search(out: Assembler, intervals: readonly Interval[]): Place {
  const middle = intervals.length >> 1;
  const first = intervals[middle];
  if (!first) return out.returns(KILL);
  if (intervals.length === 1) return decide(out, first);
  const high = search(out, intervals.slice(middle));
  return out.test(JGE, first.start, high, search(out, intervals.slice(0, middle)));
}

function decide(out: Assembler, { rules, fallback, wide }: Interval): Place {
  const test = wide ? testWide : testNarrow;
  return rules.reduceRight((failed, { conditions, verdict }) => conditions.reduceRight((holds, condition) => test(out, condition, holds, failed), out.returns(verdict)), out.returns(fallback));
}

const low = (value: bigint) => Number(value & 0xffffffffn);
const high = (value: bigint) => Number((value >> 32n) & 0xffffffffn);

/** 64-bit arguments: the high half first, the low half where the high one leaves it open. */
function testWide(out: Assembler, { index, op, value, valueTwo }: Condition, holds: Place, failed: Place): Place {
  const at = ARGUMENTS + index * 8;
  if (op === 'MASKED_EQ') {
    const lowHalf = out.load(at, out.and(low(value), out.test(JEQ, low(valueTwo), holds, failed)));
    return out.load(at + 4, out.and(high(value), out.test(JEQ, high(valueTwo), lowHalf, failed)));
  }
  if (op === 'EQ' || op === 'NE') {
    const [same, other] = op === 'EQ' ? [holds, failed] : [failed, holds];
    const lowHalf = out.load(at, out.test(JEQ, low(value), same, other));
    return out.load(at + 4, out.test(JEQ, high(value), lowHalf, other));
  }
  const [more, less] = op === 'GT' || op === 'GE' ? [holds, failed] : [failed, holds];
  const lowHalf = out.load(at, out.test(op === 'GT' || op === 'LE' ? JGT : JGE, low(value), more, less));
  return out.load(at + 4, out.test(JGT, high(value), more, out.test(JEQ, high(value), lowHalf, less)));
}

/** 32-bit architectures have 32-bit arguments. */
function testNarrow(out: Assembler, { index, op, value, valueTwo }: Condition, holds: Place, failed: Place): Place {
  const [more, less] = op === 'NE' || op === 'LT' || op === 'LE' ? [failed, holds] : [holds, failed];
  const code = op.endsWith('EQ') || op === 'NE' ? JEQ : op === 'GT' || op === 'LE' ? JGT : JGE;
  const compared = out.test(code, low(op === 'MASKED_EQ' ? valueTwo : value), more, less);
  return out.load(ARGUMENTS + index * 8, op === 'MASKED_EQ' ? out.and(low(value), compared) : compared);
}
