/** Signal names and numbers of Linux, as Docker's clients write them. */
import { InvalidArgument } from '#base';

const numbers: Readonly<Record<string, number>> = {
  ABRT: 6, ALRM: 14, BUS: 7, CHLD: 17, CLD: 17, CONT: 18, FPE: 8, HUP: 1, ILL: 4, INT: 2, IO: 29, IOT: 6, KILL: 9,
  PIPE: 13, POLL: 29, PROF: 27, PWR: 30, QUIT: 3, SEGV: 11, STKFLT: 16, STOP: 19, SYS: 31, TERM: 15, TRAP: 5,
  TSTP: 20, TTIN: 21, TTOU: 22, URG: 23, USR1: 10, USR2: 12, VTALRM: 26, WINCH: 28, XCPU: 24, XFSZ: 25,
};
const firstRealTime = 34;
const lastRealTime = 64;

/** `SIGTERM`, `term`, `15`, `RTMIN+3`; as with dockerd any number but 0, be there such a signal or not. Throws InvalidArgument (`invalid signal: x`). */
export function parseSignal(text: string): number {
  if (/^[+-]?\d{1,18}$/.test(text) && Number(text) !== 0) return Number(text);
  const name = text.toUpperCase().replace(/^SIG/, '');
  const number = numbers[name] ?? realTime(name);
  if (number === undefined) throw new InvalidArgument(`invalid signal: ${text}`);
  return number;
}

/** Whether Linux has a signal of that number. */
export function isSignal(number: number): boolean {
  return number >= 1 && number <= lastRealTime;
}

function realTime(name: string): number | undefined {
  const parts = /^RT(MIN|MAX)(?:([+-])(\d+))?$/.exec(name);
  if (!parts) return undefined;
  const base = parts[1] === 'MIN' ? firstRealTime : lastRealTime;
  const number = base + (parts[2] === '-' ? -1 : 1) * Number(parts[3] ?? 0);
  return number >= firstRealTime && number <= lastRealTime ? number : undefined;
}
