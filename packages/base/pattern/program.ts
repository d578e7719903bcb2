/**
 * Tree to program, and its run. Thompson's way: all states that a text may have led to are followed side by side, so that
 * the time is at most that of the text times that of the program, whatever the expression.
 */
import { BadPattern, type Node, type Place } from './tree.ts';

/** `next` are states by their number. */
type Step =
  | { readonly kind: 'character'; readonly accepts: (character: string) => boolean; readonly next: number }
  | { readonly kind: 'place'; readonly place: Place; readonly next: number }
  | { readonly kind: 'fork'; next: readonly number[] }
  | { readonly kind: 'end' };

export type Program = readonly Step[];

/** States at most. Go's limit is larger, but nobody means so much, and every character of a text may visit them all. */
const mostSteps = 10_000;

/** The last state is where a match begins. Throws BadPattern for what is too large. */
export function compile(node: Node): Program {
  const steps: Step[] = [{ kind: 'end' }];
  const entry = before(steps, node, 0);
  add(steps, { kind: 'fork', next: [entry] });
  return steps;
}

function add(steps: Step[], step: Step): number {
  if (steps.length > mostSteps) throw new BadPattern('it is too large');
  return steps.push(step) - 1;
}

/** Puts a node's steps before the state `next`; gives the state in front. */
function before(steps: Step[], node: Node, next: number): number {
  switch (node.kind) {
    case 'character':
      return add(steps, { kind: 'character', accepts: node.accepts, next });
    case 'place':
      return add(steps, { kind: 'place', place: node.place, next });
    case 'sequence':
      return node.parts.reduceRight((behind, part) => before(steps, part, behind), next);
    case 'choice':
      return add(steps, { kind: 'fork', next: node.parts.map((part) => before(steps, part, next)) });
    case 'repeat':
      return repeat(steps, node, next);
  }
}

function repeat(steps: Step[], { part, least, most }: Node & { kind: 'repeat' }, next: number): number {
  let entry = next;
  if (most === Infinity) entry = loop(steps, part, next);
  else for (let optional = most - least; optional > 0; optional--) entry = add(steps, { kind: 'fork', next: [before(steps, part, entry), next] });
  for (let needed = least; needed > 0; needed--) entry = before(steps, part, entry);
  return entry;
}

function loop(steps: Step[], part: Node, next: number): number {
  const fork: Step & { kind: 'fork' } = { kind: 'fork', next: [next] };
  const entry = add(steps, fork);
  fork.next = [before(steps, part, entry), next];
  return entry;
}

/** True when the text has a match anywhere in it. */
export function matches(program: Program, text: string): boolean {
  const characters = Array.from(text);
  const reached = new States(program.length);
  let following = new States(program.length);
  for (let at = 0; at <= characters.length; at++) {
    following.states.forEach((state) => reached.add(state));
    if (reach(program, reached, characters, at)) return true;
    following.clear();
    for (const state of reached.states) {
      const step = program[state];
      if (step?.kind === 'character' && at < characters.length && step.accepts(characters[at] ?? '')) following.add(step.next);
    }
    reached.clear();
  }
  return false;
}

/** Adds the start, and what is reached without a character from what is there; true when the end is. */
function reach(program: Program, reached: States, characters: readonly string[], at: number): boolean {
  reached.add(program.length - 1);
  for (const state of reached.states) { // grows as it is walked
    const step = program[state];
    if (step?.kind === 'end') return true;
    if (step?.kind === 'fork') for (const next of step.next) reached.add(next);
    if (step?.kind === 'place' && holds(step.place, characters, at)) reached.add(step.next);
  }
  return false;
}

/** A set of states in the order in which they came; made once for a text. */
class States {
  readonly states: number[] = [];
  readonly #has: Uint8Array;

  constructor(size: number) {
    this.#has = new Uint8Array(size);
  }

  add(state: number): void {
    if (this.#has[state]) return;
    this.#has[state] = 1;
    this.states.push(state);
  }

  clear(): void {
    for (const state of this.states) this.#has[state] = 0;
    this.states.length = 0;
  }
}

function holds(place: Place, characters: readonly string[], at: number): boolean {
  const [left = '', right = ''] = [characters[at - 1], characters[at]];
  switch (place) {
    case 'text-begin':
      return at === 0;
    case 'text-end':
      return at === characters.length;
    case 'line-begin':
      return at === 0 || left === '\n';
    case 'line-end':
      return at === characters.length || right === '\n';
    case 'word-edge':
      return isWord(left) !== isWord(right);
    case 'no-word-edge':
      return isWord(left) === isWord(right);
  }
}

function isWord(character: string): boolean {
  return /^\w$/.test(character);
}
