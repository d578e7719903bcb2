/**
 * The Dockerfile language, first step: text in, one node an instruction out. What an instruction means is read from its
 * node by `instructions/`.
 */
import { InvalidArgument } from '#base';
import {
  blankArguments,
  commandArguments,
  healthcheckArguments,
  nameValueArguments,
  pathArguments,
  wholeArgument,
  wordArguments,
  type Arguments,
} from './arguments.ts';
import type { Directives } from './directives.ts';
import type { EscapeCharacter } from './expand.ts';
import { heredocsOf, type Heredoc } from './heredoc.ts';
import { LineReader, type LogicalLine } from './lines.ts';
import { splitCommand } from './split.ts';

/** One instruction as written. Lines count from 1. */
export interface Node extends Arguments {
  /** As written: `run`, `RUN`. */
  readonly name: string;
  readonly flags: readonly string[];
  /** The logical line: continuations joined, comments gone. */
  readonly original: string;
  readonly startLine: number;
  readonly endLine: number;
  /** Comments right above. */
  readonly comments: readonly string[];
  readonly heredocs: readonly Heredoc[];
  /** What stands after ONBUILD. */
  readonly trigger: Node | undefined;
}

export interface Warning {
  readonly line: number;
  readonly text: string;
}

export interface Dockerfile {
  readonly nodes: readonly Node[];
  readonly escape: EscapeCharacter;
  readonly directives: Directives['values'];
  readonly warnings: readonly Warning[];
}

/** Parses a Dockerfile. Throws InvalidArgument in Docker's words; unknown instructions pass here and fail when read. */
export function parseDockerfile(text: string): Dockerfile {
  const reader = new LineReader(text);
  const nodes: Node[] = [];
  const warnings: Warning[] = [];
  for (let line = reader.next(); line; line = reader.next()) {
    if (line.emptyContinuation) warnings.push({ line: line.endLine, text: `Empty continuation line found in: ${line.text}` });
    const node = nodeOf(line, reader.directives.escape);
    nodes.push(canHoldHeredoc(node) ? withHeredocs(node, reader) : node);
  }
  if (nodes.length === 0) throw new InvalidArgument('file with no instructions');
  return { nodes, escape: reader.directives.escape, directives: reader.directives.values, warnings };
}

type LineOfNode = Pick<LogicalLine, 'text' | 'startLine' | 'endLine' | 'comments'>;

/** A trigger of a trigger is nobody's: it is refused by name, and what stands behind it is not read. */
function nodeOf(line: LineOfNode, escape: EscapeCharacter, isTrigger = false): Node {
  const { name, flags, rest } = splitCommand(line.text);
  const trigger = !isTrigger && name.toLowerCase() === 'onbuild' && rest !== '' ? nodeOf({ ...line, text: rest, comments: [] }, escape, true) : undefined;
  return {
    name,
    flags,
    ...argumentsOf(name.toLowerCase(), rest, escape),
    original: line.text,
    startLine: line.startLine,
    endLine: line.endLine,
    comments: line.comments,
    heredocs: [],
    trigger,
  };
}

function argumentsOf(name: string, rest: string, escape: EscapeCharacter): Arguments {
  switch (name) {
    case 'env':
    case 'label':
      return nameValueArguments(rest, name.toUpperCase(), escape);
    case 'arg':
      return wordArguments(rest, escape);
    case 'from':
    case 'expose':
      return blankArguments(rest);
    case 'run':
    case 'cmd':
    case 'entrypoint':
    case 'shell':
      return commandArguments(rest);
    case 'add':
    case 'copy':
    case 'volume':
      return pathArguments(rest);
    case 'healthcheck':
      return healthcheckArguments(rest);
    case 'maintainer':
    case 'stopsignal':
    case 'user':
    case 'workdir':
      return wholeArgument(rest);
    default:
      return { args: [], json: false };
  }
}

function canHoldHeredoc(node: Node): boolean {
  const target = node.trigger ?? node;
  return ['add', 'copy', 'run'].includes(target.name.toLowerCase()) && !target.json;
}

function withHeredocs(node: Node, reader: LineReader): Node {
  const announced = heredocsOf(node.original);
  if (announced.length === 0) return node;
  const heredocs = announced.map((heredoc) => ({ ...heredoc, content: reader.heredoc(heredoc.name, heredoc.chomp) }));
  return { ...node, heredocs, endLine: reader.line };
}
