/** Reads what stands inside `{{ }}`: pipelines, commands, operands. */
import { quote } from '#base';
import { parseError, type Token, tokenize, type TokenKind } from './lexer.ts';
import type { CommandNode, Operand, Pipe } from './nodes.ts';

export class ExpressionParser {
  readonly #source: string;
  readonly #name: string;
  readonly #functions: ReadonlySet<string>;
  readonly #tokens: readonly Token[];
  #at = 0;
  /** Names of the variables in sight; `$` always is. */
  readonly variables: string[] = ['$'];

  constructor(source: string, name: string, functions: ReadonlySet<string>) {
    this.#source = source;
    this.#name = name;
    this.#functions = functions;
    this.#tokens = tokenize(source, name);
  }

  /** A pipeline up to `until`, which is taken too. `context` names it in errors. */
  pipeline(context: string, until: 'close' | 'closeParen'): Pipe {
    const at = this.peekPastSpace().at;
    const { variables, assigns } = this.#declarations(context);
    const commands: CommandNode[] = [];
    for (;;) {
      const token = this.nextPastSpace();
      if (token.kind === until) {
        if (commands.length === 0) throw this.error(`missing value for ${context}`);
        this.#checkStages(commands);
        return { kind: 'pipe', at, variables, assigns, commands };
      }
      this.#back();
      commands.push(this.#command(context));
    }
  }

  /** Only the first command of a pipeline may be a plain value. */
  #checkStages(commands: readonly CommandNode[]): void {
    commands.slice(1).forEach((command, index) => {
      const first = command.operands[0];
      if (first && (first.kind === 'dot' || first.kind === 'nil' || first.kind === 'literal')) {
        throw this.error(`non executable command in pipeline stage ${index + 2}`);
      }
    });
  }

  #declarations(context: string): { variables: string[]; assigns: boolean } {
    const start = this.#at;
    const variables: string[] = [];
    for (;;) {
      const variable = this.nextPastSpace();
      const follower = this.nextPastSpace();
      if (variable.kind === 'variable' && (follower.kind === 'declare' || follower.kind === 'assign')) {
        variables.push(variable.text);
        const assigns = follower.kind === 'assign';
        if (!assigns) this.variables.push(...variables);
        return { variables, assigns };
      }
      if (variable.kind === 'variable' && follower.kind === 'comma' && context === 'range' && variables.length === 0) {
        variables.push(variable.text);
        continue;
      }
      if (variable.kind === 'variable' && follower.kind === 'comma') throw this.error(`too many declarations in ${context}`);
      this.#at = start;
      return { variables: [], assigns: false };
    }
  }

  #command(context: string): CommandNode {
    const at = this.peekPastSpace().at;
    const operands: Operand[] = [];
    for (;;) {
      this.peekPastSpace();
      const operand = this.#operand();
      if (operand) operands.push(operand);
      const token = this.next();
      if (token.kind === 'space' && operand) continue;
      if (token.kind === 'close' || token.kind === 'closeParen') this.#back();
      else if (token.kind !== 'pipe') throw this.error(`unexpected ${describe(token)} in ${operand ? 'operand' : context}`);
      if (operands.length === 0) throw this.error('empty command');
      return { kind: 'command', at, operands };
    }
  }

  /** A term and the `.Fields` that follow it at once. */
  #operand(): Operand | undefined {
    const term = this.#term();
    if (!term || this.#peek().kind !== 'field') return term;
    const at = this.#peek().at;
    const names: string[] = [];
    while (this.#peek().kind === 'field') names.push(this.next().text.slice(1));
    if (term.kind === 'field') return { kind: 'field', at, names: [...term.names, ...names] };
    if (term.kind === 'variable') return { kind: 'variable', at, name: term.name, names: [...term.names, ...names] };
    if (term.kind === 'literal' || term.kind === 'nil' || term.kind === 'dot') throw this.error(`unexpected . after term ${quote(term.kind === 'literal' ? term.written : term.kind)}`);
    return { kind: 'chain', at, of: term, names };
  }

  #term(): Operand | undefined {
    const token = this.next();
    const { at, text } = token;
    switch (token.kind) {
      case 'identifier':
        if (!this.#functions.has(text)) throw this.error(`function ${quote(text)} not defined`);
        return { kind: 'function', at, name: text };
      case 'dot': return { kind: 'dot', at };
      case 'nil': return { kind: 'nil', at };
      case 'field': return { kind: 'field', at, names: [text.slice(1)] };
      case 'variable':
        if (!this.variables.includes(text)) throw this.error(`undefined variable ${quote(text)}`);
        return { kind: 'variable', at, name: text, names: [] };
      case 'bool': return { kind: 'literal', at, value: text === 'true', written: text };
      case 'number': return { kind: 'literal', at, value: numberOf(text), written: text };
      case 'char': return { kind: 'literal', at, value: this.unquoted(token).codePointAt(0) ?? 0, written: text };
      case 'string': case 'rawString': return { kind: 'literal', at, value: this.unquoted(token), written: text };
      case 'openParen': return this.pipeline('parenthesized pipeline', 'closeParen');
      default:
        this.#back();
        return undefined;
    }
  }

  /** What a quoted token means. */
  unquoted(token: Token): string {
    const inner = token.text.slice(1, -1);
    if (token.kind === 'rawString') return inner;
    return inner.replace(/\\(x[\da-fA-F]{2}|u[\da-fA-F]{4}|U[\da-fA-F]{8}|[0-7]{3}|.)/g, (_, escape: string) => {
      if (/^[xuU]./.test(escape)) return String.fromCodePoint(Number.parseInt(escape.slice(1), 16));
      if (/^[0-7]{3}$/.test(escape)) return String.fromCharCode(Number.parseInt(escape, 8));
      const plain = simpleEscapes[escape];
      if (plain === undefined) throw this.error('invalid syntax');
      return plain;
    });
  }

  expect(kind: TokenKind, context: string): void {
    const token = this.nextPastSpace();
    if (token.kind !== kind) throw this.error(`unexpected ${describe(token)} in ${context}`);
  }

  next(): Token {
    const token = this.#peek();
    if (this.#at < this.#tokens.length - 1) this.#at++;
    return token;
  }

  nextPastSpace(): Token {
    this.peekPastSpace();
    return this.next();
  }

  peekPastSpace(): Token {
    while (this.#peek().kind === 'space') this.#at++;
    return this.#peek();
  }

  error(message: string): Error {
    return parseError(this.#name, this.#source, this.#tokens[Math.max(0, this.#at - 1)]?.at ?? 0, message);
  }

  #peek(): Token {
    return this.#tokens[this.#at] ?? { kind: 'end', text: '', at: this.#source.length };
  }

  #back(): void {
    this.#at--;
  }
}

const simpleEscapes: Readonly<Record<string, string>> = {
  a: '\x07', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v', '\\': '\\', "'": "'", '"': '"',
};

function numberOf(text: string): number {
  const plain = text.replaceAll('_', '').replace(/^\+/, '');
  return plain.startsWith('-') ? -Number(plain.slice(1)) : Number(plain);
}

function describe(token: Token): string {
  if (token.kind === 'end') return 'EOF';
  return token.kind === 'keyword' ? `<${token.text}>` : quote(token.text);
}
