/** One clause of a symbolic mode as chmod(1) has it: whom it is for, what is done, and with which permissions. */
export interface ModeClause {
  /** The bits of those it is for: u 04700, g 02070, o 01007, together for several. */
  readonly who: number;
  readonly operator: '+' | '-' | '=';
  /** Letters of `rwxXst`, or one of `ugo` whose permissions are taken. */
  readonly permissions: string;
}

/** New permission bits, or how they follow from those that a file has. */
export type ModeChange = number | readonly ModeClause[];

const bits: Readonly<Record<string, number>> = { r: 0o444, w: 0o222, x: 0o111, s: 0o6000, t: 0o1000 };
const shifts: Readonly<Record<string, number>> = { u: 6, g: 3, o: 0 };
const executable = 0o111;

/** The permission bits of a file or directory after the change. No umask takes part. */
export function changedMode(mode: number, change: ModeChange, isDirectory: boolean): number {
  if (typeof change === 'number') return change;
  return change.reduce((current, clause) => applied(current, clause, isDirectory), mode);
}

function applied(mode: number, { who, operator, permissions }: ModeClause, isDirectory: boolean): number {
  const value = Array.from(permissions, (letter) => meant(letter, mode, isDirectory)).reduce((sum, each) => sum | each, 0) & who;
  if (operator === '+') return mode | value;
  if (operator === '-') return mode & ~value;
  return (mode & ~who) | value;
}

function meant(letter: string, mode: number, isDirectory: boolean): number {
  if (letter === 'X') return isDirectory || (mode & executable) !== 0 ? executable : 0;
  const shift = shifts[letter];
  return shift === undefined ? (bits[letter] ?? 0) : ((mode >> shift) & 0o7) * 0o111;
}
