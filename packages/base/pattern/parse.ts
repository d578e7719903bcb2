/** Text to tree, with what Go's regexp/syntax takes and refuses under its flags for Perl's extensions. */
import { accepting, bracketed, escapedCharacter, escapedClass, literal } from './classes.ts';
import { BadPattern, Source, type Flags, type Node, type Place } from './tree.ts';

/** Groups within groups at most, as in Go. */
const deepest = 1000;
/** Copies that counted repetitions ask for at most, each and multiplied with those around it. */
const mostCopies = 1000;

interface Parser {
  readonly source: Source;
  readonly names: Set<string>;
}

/** Throws BadPattern for what is no expression. */
export function parse(text: string): Node {
  const parser = { source: new Source(text), names: new Set<string>() };
  const node = choice(parser, { fold: false, lines: false, dotAll: false }, 0);
  if (parser.source.more) throw new BadPattern('unexpected )');
  requireFewCopies(node, 1);
  return node;
}

/** Up to the group's end or the text's; flags that are given inside end with the group. */
function choice(parser: Parser, given: Flags, depth: number): Node {
  if (depth > deepest) throw new BadPattern('it nests too deeply');
  const { source } = parser;
  let flags = given;
  const parts: Node[] = [];
  let sequence: Node[] = [];
  while (source.more && source.peek() !== ')') {
    if (source.takes('|')) {
      parts.push({ kind: 'sequence', parts: sequence });
      sequence = [];
      continue;
    }
    const changed = source.peek() === '(' && source.peek(1) === '?' ? flagsAlone(source, flags) : undefined;
    if (changed) flags = changed;
    else sequence.push(...quoted(source, flags) ?? [repeated(source, atom(parser, flags, depth))]);
  }
  parts.push({ kind: 'sequence', parts: sequence });
  return parts.length === 1 ? parts[0]! : { kind: 'choice', parts };
}

/** `(?i)`; undefined, and nothing taken, for a group. */
function flagsAlone(source: Source, flags: Flags): Flags | undefined {
  const from = source.at;
  if (/^[P<]$/.test(source.peek(2))) return undefined;
  source.at += 2;
  const changed = changedFlags(source, flags);
  if (source.takes(')')) return changed;
  source.at = from;
  return undefined;
}

function changedFlags(source: Source, flags: Flags): Flags {
  const changed: { -readonly [name in keyof Flags]: boolean } = { ...flags };
  let on = true;
  let seen = true; // a minus must have a flag behind it
  while (source.peek() !== ':' && source.peek() !== ')') {
    const letter = source.take();
    if (letter === '-' && on) on = seen = false;
    else if (letter === 'i') changed.fold = seen = true;
    else if (letter === 'm') changed.lines = seen = true;
    else if (letter === 's') changed.dotAll = seen = true;
    else if (letter === 'U') seen = true;
    else throw new BadPattern(`(?${letter}`);
    if (!on && letter === 'i') changed.fold = false;
    if (!on && letter === 'm') changed.lines = false;
    if (!on && letter === 's') changed.dotAll = false;
  }
  if (!seen) throw new BadPattern('(?-');
  return changed;
}

/** `\Q…\E`, each character for itself; what repeats behind it repeats the last one. */
function quoted(source: Source, flags: Flags): Node[] | undefined {
  if (!source.takes('\\Q')) return undefined;
  const nodes = Array.from(source.until('\\E') ?? source.rest(), (character): Node => ({ kind: 'character', accepts: literal(character, flags) }));
  const last = nodes.pop();
  return last ? [...nodes, repeated(source, last)] : nodes;
}

function atom(parser: Parser, flags: Flags, depth: number): Node {
  const { source } = parser;
  const character = source.take();
  switch (character) {
    case '(':
      return group(parser, flags, depth);
    case '[':
      return { kind: 'character', accepts: bracketed(source, flags) };
    case '.':
      return { kind: 'character', accepts: flags.dotAll ? () => true : (other) => other !== '\n' };
    case '^':
      return place(flags.lines ? 'line-begin' : 'text-begin');
    case '$':
      return place(flags.lines ? 'line-end' : 'text-end');
    case '\\':
      return escape(source, flags);
    case '*':
    case '+':
    case '?':
      throw new BadPattern(`nothing to repeat before ${character}`);
    case '{':
      source.at--;
      if (counted(source)) throw new BadPattern('nothing to repeat before {');
      source.take();
  }
  return { kind: 'character', accepts: literal(character, flags) };
}

function group(parser: Parser, flags: Flags, depth: number): Node {
  const { source } = parser;
  let inside = flags;
  if (source.takes('?')) {
    if (source.takes('P<') || source.takes('<')) nameGroup(parser);
    else {
      inside = changedFlags(source, flags);
      source.take();
    }
  }
  const node = choice(parser, inside, depth + 1);
  if (!source.takes(')')) throw new BadPattern('missing )');
  return node;
}

function nameGroup({ source, names }: Parser): void {
  const name = source.until('>') ?? '';
  if (!/^\w+$/.test(name) || names.has(name)) throw new BadPattern(`(?P<${name}`);
  names.add(name);
}

const places: Readonly<Record<string, Place>> = { A: 'text-begin', z: 'text-end', b: 'word-edge', B: 'no-word-edge' };

function escape(source: Source, flags: Flags): Node {
  const where = places[source.peek()];
  if (where !== undefined) {
    source.take();
    return place(where);
  }
  const inside = escapedClass(source);
  if (inside !== undefined) return { kind: 'character', accepts: accepting(inside, flags.fold, false) };
  return { kind: 'character', accepts: literal(escapedCharacter(source), flags) };
}

function place(where: Place): Node {
  return { kind: 'place', place: where };
}

/** With the repetition behind it; a second one behind that is an error, as in Perl. */
function repeated(source: Source, part: Node): Node {
  const count = repetition(source);
  if (!count) return part;
  source.takes('?');
  if (repetition(source)) throw new BadPattern('a repetition of a repetition');
  return { kind: 'repeat', part, ...count };
}

type Count = Pick<Node & { kind: 'repeat' }, 'least' | 'most'>;

function repetition(source: Source): Count | undefined {
  if (source.takes('*')) return { least: 0, most: Infinity };
  if (source.takes('+')) return { least: 1, most: Infinity };
  if (source.takes('?')) return { least: 0, most: 1 };
  return counted(source);
}

/** `{2}`, `{2,}`, `{2,5}`; anything else is a brace. */
function counted(source: Source): Count | undefined {
  const from = source.at;
  if (!source.takes('{')) return undefined;
  const [, low = '', comma, high = ''] = /^(0|[1-9]\d*)(,)?(0|[1-9]\d*)?$/.exec(source.until('}') ?? '') ?? [];
  if (low === '' || (high !== '' && comma === undefined)) {
    source.at = from;
    return undefined;
  }
  const least = Number(low);
  const most = high === '' ? (comma ? Infinity : least) : Number(high);
  if (least > mostCopies || (most !== Infinity && (most > mostCopies || most < least))) throw new BadPattern(`{${low},${high}}`);
  return { least, most };
}

/** A text of a few characters could ask for more states than memory has. */
function requireFewCopies(node: Node, around: number): void {
  if (node.kind === 'sequence' || node.kind === 'choice') for (const part of node.parts) requireFewCopies(part, around);
  if (node.kind !== 'repeat') return;
  const times = node.most === Infinity ? node.least : node.most;
  const copies = around * Math.max(1, times >= 2 ? times : 1);
  if (copies > mostCopies) throw new BadPattern('too many copies');
  requireFewCopies(node.part, copies);
}
