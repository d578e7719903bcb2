/** Runs a parsed template over a value, as Go's text/template does, with its error messages. */
import { InvalidArgument, messageOf, quote } from '#base';
import { functions, type Parameter, type TemplateFunction } from './functions.ts';
import { type CommandNode, type Operand, type Pipe, show, type TemplateNode } from './nodes.ts';
import type { ParsedTemplate } from './parser.ts';
import { printed } from './print.ts';
import { isMap, isTrue, type Method, NilPointer, Struct, typeName } from './values.ts';

export interface ExecuteOptions {
  /** Makes a key that a map does not have an error, instead of `<no value>`. */
  readonly missingKeyIsError?: boolean;
  readonly functions?: Readonly<Record<string, TemplateFunction>>;
  /** Gives what was made until something failed, instead of throwing. */
  readonly untilFailure?: boolean;
}

/** The text that the template makes of `data`. Throws InvalidArgument ("template: :1:2: executing "" at <.X>: …"). */
export function execute(template: ParsedTemplate, data: unknown, options: ExecuteOptions = {}): string {
  const run = new Execution(template, options);
  run.variables.push(['$', data]);
  try {
    run.walk(template.body, data);
  } catch (error) {
    if (!options.untilFailure || !(error instanceof InvalidArgument)) throw error;
  }
  return run.output;
}

type Jump = 'break' | 'continue' | undefined;

/** What follows a function or method: operands, and what the command before in the pipeline gave. */
interface Words {
  readonly operands: readonly Operand[];
  readonly dot: unknown;
  readonly final: readonly unknown[];
}

const noWords: Words = { operands: [], dot: undefined, final: [] };

const deepest = 100;

class Execution {
  readonly #template: ParsedTemplate;
  readonly #strict: boolean;
  readonly #functions: Readonly<Record<string, TemplateFunction>>;
  readonly variables: [name: string, value: unknown][] = [];
  output = '';
  #depth = 0;

  constructor(template: ParsedTemplate, options: ExecuteOptions) {
    this.#template = template;
    this.#strict = options.missingKeyIsError ?? false;
    this.#functions = options.functions ?? functions;
  }

  walk(nodes: readonly TemplateNode[], dot: unknown): Jump {
    for (const node of nodes) {
      const jump = this.#node(node, dot);
      if (jump) return jump;
    }
    return undefined;
  }

  #node(node: TemplateNode, dot: unknown): Jump {
    switch (node.kind) {
      case 'text':
        this.output += node.text;
        return undefined;
      case 'action': {
        const value = this.#pipe(node.pipe, dot);
        if (node.pipe.variables.length === 0) this.output += printed(value);
        return undefined;
      }
      case 'break': case 'continue': return node.kind;
      case 'template':
        this.#invoke(node, dot);
        return undefined;
      case 'range': return this.#scoped(() => this.#range(node, dot));
      case 'if': case 'with': return this.#scoped(() => {
        const value = this.#pipe(node.pipe, dot);
        if (isTrue(value)) return this.walk(node.body, node.kind === 'with' ? value : dot);
        return this.walk(node.otherwise ?? [], dot);
      });
    }
  }

  #scoped<T>(work: () => T): T {
    const known = this.variables.length;
    const result = work();
    this.variables.length = known;
    return result;
  }

  #range(node: Extract<TemplateNode, { kind: 'if' | 'with' | 'range' }>, dot: unknown): Jump {
    const known = this.variables.length;
    const value = this.#pipe({ ...node.pipe, variables: [] }, dot);
    const entries = this.#entries(value, node.pipe);
    if (entries.length === 0) return this.walk(node.otherwise ?? [], dot);
    for (const [key, item] of entries) {
      this.variables.length = known;
      this.#loopVariables(node.pipe, key, item);
      if (this.walk(node.body, item) === 'break') break;
    }
    return undefined;
  }

  #loopVariables(pipe: Pipe, key: unknown, item: unknown): void {
    const values = pipe.variables.length === 1 ? [item] : [key, item];
    pipe.variables.forEach((name, index) => (pipe.assigns ? this.#assign(name, values[index]) : this.variables.push([name, values[index]])));
  }

  #entries(value: unknown, pipe: Pipe): [unknown, unknown][] {
    if (value === null || value === undefined) return [];
    if (Array.isArray(value)) return value.map((item: unknown, index) => [index, item]);
    if (isMap(value)) return Object.keys(value).sort().map((key) => [key, value[key]]);
    if (typeof value === 'number') return Array.from({ length: value }, (_, index) => [index, index]);
    return this.#fail(pipe.commands.at(-1)?.operands[0] ?? pipe, `range can't iterate over ${printed(value)}`);
  }

  #invoke(node: Extract<TemplateNode, { kind: 'template' }>, dot: unknown): void {
    const body = this.#template.defined.get(node.name);
    if (!body) this.#failAt(node.at, `{{template ${quote(node.name)}${node.pipe ? ` ${show(node.pipe)}` : ''}}}`, `template ${quote(node.name)} not defined`);
    if (++this.#depth > deepest) throw new InvalidArgument(`template: ${this.#template.name}: exceeded maximum template depth (${deepest})`);
    const data = node.pipe ? this.#pipe(node.pipe, dot) : undefined;
    const outer = this.variables.splice(0);
    this.variables.push(['$', data]);
    this.walk(body, data);
    this.variables.splice(0, this.variables.length, ...outer);
    this.#depth--;
  }

  #pipe(pipe: Pipe, dot: unknown): unknown {
    let value: unknown;
    pipe.commands.forEach((command, index) => (value = this.#command(command, dot, index === 0 ? [] : [value])));
    for (const name of pipe.variables) {
      if (pipe.assigns) this.#assign(name, value);
      else this.variables.push([name, value]);
    }
    return value;
  }

  #assign(name: string, value: unknown): void {
    const variable = this.variables.findLast(([known]) => known === name);
    if (variable) variable[1] = value;
  }

  /** `final` is what the command before it in the pipeline gave, if any. */
  #command(command: CommandNode, dot: unknown, final: readonly unknown[]): unknown {
    const [first, ...others] = command.operands;
    if (!first) return undefined;
    const words = { operands: others, dot, final };
    switch (first.kind) {
      case 'function': return this.#function(command, first, words);
      case 'field': return this.#fields(first, dot, first.names, words);
      case 'chain': return this.#fields(first, this.#operand(first.of, dot), first.names, words);
      case 'variable': return this.#fields(first, this.#variable(first.name), first.names, words);
      default:
        if (others.length > 0 || final.length > 0) this.#fail(first, `can't give argument to non-function ${show(first)}`);
        if (first.kind === 'nil') this.#fail(first, 'nil is not a command');
        return this.#operand(first, dot);
    }
  }

  #function(command: CommandNode, node: Extract<Operand, { kind: 'function' }>, words: Words): unknown {
    if (node.name === 'and' || node.name === 'or') return this.#shortCircuit(node, words);
    const fn = this.#functions[node.name];
    if (!fn) return undefined;
    const whole = command.operands.length > 1 ? command : node;
    const values = this.#words(node, whole, node.name, fn, words);
    if (node.name === 'call') this.#fail(whole, `error calling call: non-function ${words.operands[0] ? show(words.operands[0]) : ''} of type ${typeName(values[0])}`);
    try {
      return fn.call(...values);
    } catch (error) {
      return this.#fail(whole, `error calling ${node.name}: ${messageOf(error)}`);
    }
  }

  /** The values of a call's words, checked against what it takes. */
  #words(node: Operand, whole: Operand | CommandNode, name: string, { takes, rest }: Pick<TemplateFunction, 'takes' | 'rest'>, { operands, dot, final }: Words): unknown[] {
    const count = operands.length + final.length;
    if (count < takes.length || (rest === undefined && count > takes.length)) {
      this.#fail(node, `wrong number of args for ${name}: want ${rest === undefined ? '' : 'at least '}${takes.length} got ${count}`);
    }
    const wanted = (index: number): Parameter => takes[index] ?? rest ?? 'any';
    return [
      ...operands.map((operand, index) => this.#word(operand, dot, wanted(index))),
      ...final.map((value) => this.#checked(whole, value, wanted(operands.length))),
    ];
  }

  #word(operand: Operand, dot: unknown, wanted: Parameter): unknown {
    if (operand.kind === 'literal' && wanted !== 'any') {
      const fits = wanted === 'string' ? typeof operand.value === 'string' : wanted === 'int' && typeof operand.value === 'number';
      if (fits) return operand.value;
      return this.#fail(operand, wanted === '[]string' ? `can't handle ${show(operand)} for arg of type []string` : `expected ${wanted === 'int' ? 'integer' : wanted}; found ${show(operand)}`);
    }
    if (operand.kind === 'nil' && (wanted === 'string' || wanted === 'int')) return this.#fail(operand, `cannot assign nil to ${wanted}`);
    return this.#checked(operand, this.#operand(operand, dot), wanted);
  }

  #checked(node: Operand | CommandNode, value: unknown, wanted: Parameter): unknown {
    const fits = wanted === 'any' || (wanted === '[]string' ? Array.isArray(value) : typeof value === (wanted === 'int' ? 'number' : wanted));
    if (fits) return value;
    if (value === null || value === undefined) return this.#fail(node, `invalid value; expected ${wanted}`);
    return this.#fail(node, `wrong type for value; expected ${wanted}; got ${typeName(value)}`);
  }

  #shortCircuit(node: Extract<Operand, { kind: 'function' }>, { operands, dot, final }: Words): unknown {
    const sources = [...operands.map((operand) => () => this.#operand(operand, dot)), ...final.map((value) => () => value)];
    if (sources.length === 0) this.#fail(node, `wrong number of args for ${node.name}: want at least 1 got 0`);
    let value: unknown;
    for (const source of sources) {
      value = source();
      if (isTrue(value) === (node.name === 'or')) break;
    }
    return value;
  }

  #operand(operand: Operand, dot: unknown): unknown {
    switch (operand.kind) {
      case 'dot': return dot;
      case 'nil': return undefined;
      case 'literal': return operand.value;
      case 'pipe': return this.#pipe(operand, dot);
      case 'field': return this.#fields(operand, dot, operand.names);
      case 'variable': return this.#fields(operand, this.#variable(operand.name), operand.names);
      case 'chain': return this.#fields(operand, this.#operand(operand.of, dot), operand.names);
      case 'function': return this.#function({ kind: 'command', at: operand.at, operands: [operand] }, operand, noWords);
    }
  }

  #variable(name: string): unknown {
    return this.variables.findLast(([known]) => known === name)?.[1];
  }

  #fields(node: Operand, start: unknown, names: readonly string[], words: Words = noWords): unknown {
    return names.reduce((value, name, index) => this.#field(node, value, name, index === names.length - 1 ? words : noWords), start);
  }

  #field(node: Operand, value: unknown, name: string, words: Words): unknown {
    const given = words.operands.length + words.final.length > 0;
    if (value === null || value === undefined) {
      return this.#fail(node, this.#strict ? `nil data; no entry for key ${quote(name)}` : `nil pointer evaluating interface {}.${name}`);
    }
    if (value instanceof NilPointer) return this.#fail(node, `nil pointer evaluating ${value.type}.${name}`);
    if (value instanceof Struct && value.fields.has(name)) {
      const field = value.fields.get(name);
      if (typeof field === 'function') return this.#method(node, name, field as Method, words);
      return given ? this.#fail(node, `${name} has arguments but cannot be invoked as function`) : field;
    }
    if (isMap(value)) {
      const own = Object.hasOwn(value, name) ? value[name] : undefined;
      if (typeof own === 'function') return this.#method(node, name, own as Method, words);
      if (given) return this.#fail(node, `${name} is not a method but has arguments`);
      if (Object.hasOwn(value, name)) return value[name];
      return this.#strict ? this.#fail(node, `map has no entry for key ${quote(name)}`) : undefined;
    }
    return this.#fail(node, `can't evaluate field ${name} in type ${typeName(value)}`);
  }

  /** Methods take text. */
  #method(node: Operand, name: string, method: Method, words: Words): unknown {
    return method(...this.#words(node, node, name, { takes: Array.from({ length: method.length }, () => 'string') }, words));
  }

  #fail(node: Operand | CommandNode | Pipe, message: string): never {
    this.#failAt(node.at, show(node), message);
  }

  #failAt(at: number, shown: string, message: string): never {
    const before = this.#template.source.slice(0, at);
    const column = Buffer.byteLength(before.slice(before.lastIndexOf('\n') + 1));
    const place = `${this.#template.name}:${before.split('\n').length}:${column}`;
    throw new InvalidArgument(`template: ${place}: executing ${quote(this.#template.name)} at <${shown}>: ${message}`);
  }
}
