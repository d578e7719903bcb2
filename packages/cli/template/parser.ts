/** Builds a template's tree: text, actions and control structures. Expressions are expression-parser.ts. */
import { quote } from '#base';
import { ExpressionParser } from './expression-parser.ts';
import type { Pipe, TemplateNode } from './nodes.ts';
import type { Token } from './lexer.ts';

export interface ParsedTemplate {
  readonly name: string;
  readonly source: string;
  readonly body: readonly TemplateNode[];
  /** Templates that `{{define}}` and `{{block}}` made. */
  readonly defined: ReadonlyMap<string, readonly TemplateNode[]>;
}

/** Parses `source`; throws InvalidArgument in Go's words ("template: NAME:1: …"). `functions` are the names it may call. */
export function parseTemplate(source: string, name: string, functions: ReadonlySet<string>): ParsedTemplate {
  const parser = new TemplateParser(source, name, functions);
  return { name, source, body: parser.whole(), defined: parser.defined };
}

interface Block {
  readonly nodes: TemplateNode[];
  /** What ended it: `end`, `else`, or nothing more. */
  readonly by: 'end' | 'else' | 'nothing';
}

class TemplateParser extends ExpressionParser {
  readonly defined = new Map<string, readonly TemplateNode[]>();
  #loops = 0;

  whole(): TemplateNode[] {
    const { nodes, by } = this.#block(true);
    if (by !== 'nothing') throw this.error(`unexpected {{${by}}}`);
    return nodes;
  }

  /** Nodes up to `{{end}}`, `{{else …` (left open after the keyword) or the end of the source. */
  #block(top = false): Block {
    const nodes: TemplateNode[] = [];
    for (;;) {
      const token = this.next();
      if (token.kind === 'end') {
        if (!top) throw this.error('unexpected EOF');
        return { nodes, by: 'nothing' };
      }
      if (token.kind === 'text') {
        nodes.push({ kind: 'text', text: token.text });
        continue;
      }
      const word = this.peekPastSpace();
      if (word.kind !== 'keyword') {
        nodes.push({ kind: 'action', pipe: this.pipeline('command', 'close') });
        continue;
      }
      this.nextPastSpace();
      if (word.text === 'end') {
        this.expect('close', 'end');
        return { nodes, by: 'end' };
      }
      if (word.text === 'else') return { nodes, by: 'else' };
      const node = this.#keyword(word);
      if (node) nodes.push(node);
    }
  }

  #keyword(word: Token): TemplateNode | undefined {
    switch (word.text) {
      case 'if': case 'with': case 'range': return this.#control(word.text);
      case 'break': case 'continue': return this.#jump(word.text);
      case 'template': return this.#invoke();
      case 'define': return this.#define();
      case 'block': return this.#namedBlock();
      default: throw this.error(`unexpected ${word.text} in command`);
    }
  }

  #control(kind: 'if' | 'with' | 'range'): TemplateNode {
    const known = this.variables.length;
    const pipe = this.pipeline(kind, 'close');
    if (kind === 'range') this.#loops++;
    const { nodes: body, by } = this.#block();
    if (kind === 'range') this.#loops--;
    const otherwise = by === 'else' ? this.#otherwise(kind) : undefined;
    this.variables.length = known;
    return { kind, pipe, body, otherwise };
  }

  /** After `{{else`: `}}`, or ` if …}}` and ` with …}}`, which close with the same `{{end}}`. */
  #otherwise(kind: 'if' | 'with' | 'range'): TemplateNode[] {
    const word = this.peekPastSpace();
    if (word.kind === 'keyword' && word.text === kind && kind !== 'range') {
      this.nextPastSpace();
      return [this.#control(kind)];
    }
    this.expect('close', 'else');
    const { nodes, by } = this.#block();
    if (by === 'else') throw this.error('expected end; found {{else}}');
    return nodes;
  }

  #jump(kind: 'break' | 'continue'): TemplateNode {
    if (this.#loops === 0) throw this.error(`{{${kind}}} outside {{range}}`);
    this.expect('close', kind);
    return { kind };
  }

  #invoke(): TemplateNode {
    const token = this.peekPastSpace();
    const name = this.name('template clause');
    const pipe = this.peekPastSpace().kind === 'close' ? this.#noPipe('template') : this.pipeline('template clause', 'close');
    return { kind: 'template', at: token.at, name, pipe };
  }

  #noPipe(context: string): undefined {
    this.expect('close', context);
  }

  #define(): undefined {
    const name = this.name('define clause');
    this.expect('close', 'define clause');
    this.defined.set(name, this.#bodyOf('define'));
  }

  #namedBlock(): TemplateNode {
    const at = this.peekPastSpace().at;
    const name = this.name('block clause');
    const pipe: Pipe = this.pipeline('block clause', 'close');
    this.defined.set(name, this.#bodyOf('block'));
    return { kind: 'template', at, name, pipe };
  }

  #bodyOf(what: string): TemplateNode[] {
    const outer = this.variables.splice(1);
    const { nodes, by } = this.#block();
    if (by !== 'end') throw this.error(`unexpected {{${by}}} in ${what} clause`);
    this.variables.push(...outer);
    return nodes;
  }

  /** A quoted template name. */
  private name(context: string): string {
    const token = this.nextPastSpace();
    if (token.kind !== 'string' && token.kind !== 'rawString') throw this.error(`unexpected ${quote(token.text)} in ${context}`);
    return this.unquoted(token);
  }
}
