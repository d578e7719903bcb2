/**
 * A seccomp profile as a BPF program (OCI runtime-spec config-linux.md "Seccomp"). For each architecture the system
 * call number is found by binary search over the ranges that share a verdict, so that a call costs some seven
 * comparisons whatever the profile's length; only calls with conditions on arguments go further.
 *
 *   load arch ─▶ which? ─▶ load number ─▶ search ─▶ return verdict
 *                                              └──▶ conditions ─▶ return verdict
 */
import { Assembler, AND, JEQ, JGE, JGT, JUMP, type Label, label, LOAD, RETURN } from './assemble.ts';
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
  out.emit(LOAD, ARCH);
  for (const audit of new Set(architectures.map((architecture) => architecture.audit))) {
    const [other, here] = [label(), label()];
    out.emit(JEQ, audit, here);
    out.emit(JUMP, 0, other);
    out.place(here);
    out.emit(LOAD, NUMBER);
    search(out, intervalsOf(profile, architectures.filter((a) => a.audit === audit), fallback));
    out.place(other);
  }
  out.emit(RETURN, KILL); // an architecture that the profile does not speak of
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

/** The number is loaded; ends in a return on every path. */
function search(out: Assembler, intervals: readonly Interval[]): void {
  const only = intervals[0];
  if (!only) return;
  if (intervals.length === 1) return decide(out, only);
  const middle = intervals.length >> 1;
  const [low, high] = [intervals.slice(0, middle), intervals.slice(middle)];
  const [above, below] = [label(), label()];
  /* The far jump is needed when the lower half is long: a conditional one reaches 255 instructions. */
  out.emit(JGE, high[0]?.start ?? 0, undefined, below);
  out.emit(JUMP, 0, above);
  out.place(below);
  search(out, low);
  out.place(above);
  search(out, high);
}

function decide(out: Assembler, { rules, fallback, wide }: Interval): void {
  for (const { conditions, verdict } of rules) {
    const failed = label();
    for (const condition of conditions) (wide ? testWide : testNarrow)(out, condition, failed);
    out.emit(RETURN, verdict);
    out.place(failed);
  }
  out.emit(RETURN, fallback);
}

const low = (value: bigint) => Number(value & 0xffffffffn);
const high = (value: bigint) => Number((value >> 32n) & 0xffffffffn);

/** 64-bit arguments: the high half first, the low half where the high one leaves it open. Goes on, or to `failed`. */
function testWide(out: Assembler, { index, op, value, valueTwo }: Condition, failed: Label): void {
  const at = ARGUMENTS + index * 8;
  const [holds, lowHalf] = [label(), label()];
  out.emit(LOAD, at + 4);
  if (op === 'MASKED_EQ') {
    out.emit(AND, high(value));
    out.emit(JEQ, high(valueTwo), undefined, failed);
    out.emit(LOAD, at);
    out.emit(AND, low(value));
    out.emit(JEQ, low(valueTwo), undefined, failed);
  } else if (op === 'EQ' || op === 'NE') {
    out.emit(JEQ, high(value), lowHalf, op === 'EQ' ? failed : holds);
    out.place(lowHalf);
    out.emit(LOAD, at);
    out.emit(JEQ, low(value), op === 'EQ' ? holds : failed, op === 'EQ' ? failed : holds);
  } else {
    const [more, less] = op === 'GT' || op === 'GE' ? [holds, failed] : [failed, holds];
    const compare = label();
    out.emit(JGT, high(value), more, compare);
    out.place(compare);
    out.emit(JEQ, high(value), lowHalf, less);
    out.place(lowHalf);
    out.emit(LOAD, at);
    out.emit(op === 'GT' || op === 'LE' ? JGT : JGE, low(value), more, less);
  }
  out.place(holds);
}

/** 32-bit architectures have 32-bit arguments. */
function testNarrow(out: Assembler, { index, op, value, valueTwo }: Condition, failed: Label): void {
  out.emit(LOAD, ARGUMENTS + index * 8);
  if (op === 'MASKED_EQ') {
    out.emit(AND, low(value));
    out.emit(JEQ, low(valueTwo), undefined, failed);
  } else if (op === 'EQ') out.emit(JEQ, low(value), undefined, failed);
  else if (op === 'NE') out.emit(JEQ, low(value), failed);
  else if (op === 'GT' || op === 'GE') out.emit(op === 'GT' ? JGT : JGE, low(value), undefined, failed);
  else out.emit(op === 'LE' ? JGT : JGE, low(value), failed);
}
