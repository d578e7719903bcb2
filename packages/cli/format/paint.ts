/** Colours, for a terminal whose user wants them. */
import type { Output } from '../terminal/streams.ts';

/** What texts look like by what they are. */
export interface Paint {
  text(text: string): string;
  heading(text: string): string;
  name(text: string): string;
  faint(text: string): string;
  warning(text: string): string;
  /** A letter on a coloured ground, with a blank at each side. */
  chip(letter: string): string;
  /** What notes begin with. */
  readonly info: string;
  /** The same for what is not at hand. */
  readonly dimmed: Paint;
}

const bare = (text: string): string => text;

/** No colours at all. */
export const plain: Paint = {
  text: bare, heading: bare, name: bare, faint: bare, warning: bare, chip: bare, info: ' Info -> ',
  get dimmed() { return plain; },
};

const end = '\x1b[0m';
const colours = (text: string): Paint => ({
  text: (value) => `${text}${value}${end}`,
  heading: (value) => `\x1b[39m\x1b[1m${value}${end}`,
  name: (value) => `\x1b[34m\x1b[1m${value}${end}`,
  faint: (value) => `\x1b[39m\x1b[2m${value}${end}`,
  warning: (value) => `\x1b[93m${value}${end}`,
  chip: (letter) => `\x1b[38;5;0m\x1b[48;5;14m ${letter} ${end}`,
  info: `\x1b[1m\x1b[106m\x1b[30mi${end}${end} \x1b[96mInfo → ${end}${end}`,
  get dimmed() { return colours('\x1b[39m\x1b[2m'); },
});

/** Colours on a terminal, unless NO_COLOR is set (no-color.org). */
export function painterOf(out: Output, env: Readonly<Record<string, string | undefined>>): Paint {
  return out.isTerminal && !env['NO_COLOR'] ? colours('\x1b[39m') : plain;
}

/** Columns that a text takes: without its colours. */
export function widthOf(text: string): number {
  return Array.from(text.replace(/\x1b\[[\d;]*m/g, '')).length; // eslint-disable-line no-control-regex
}
