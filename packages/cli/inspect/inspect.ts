/** Inspection: the engine's JSON indented, or through a template that sees it as Go's client would. */
import { InvalidArgument, messageOf } from '#base';
import type { Cli } from '../cli.ts';
import { Exit } from '../command/exit.ts';
import { execute, indentJson, parseJson, parseTemplate, type ParsedTemplate } from '../template/index.ts';
import { type Shape, typed } from './shape.ts';

/** An object as the engine sent it, and what type Go's client gives it. */
export interface Inspected {
  readonly json: string;
  readonly shape: Shape | undefined;
  /** True where a template sees the Go type alone. */
  readonly typedOnly?: boolean;
}

/** Finds and prints every name's object; complaints come last, in one Exit with code 1. Throws Exit 64 for a bad template. */
export async function inspectAll(cli: Cli, names: readonly string[], format: string, find: (name: string) => Promise<Inspected>): Promise<void> {
  const template = format === '' || format === 'json' ? undefined : parse(format);
  const found: string[] = [];
  const complaints: string[] = [];
  for (const name of names) {
    try {
      const object = await find(name);
      found.push(template ? `${render(template, object)}\n` : object.json);
    } catch (error) {
      complaints.push(messageOf(error));
    }
  }
  cli.stdout.write(template ? found.join('') || '\n' : listOf(found, format === 'json'));
  if (complaints.length > 0) throw new Exit(1, complaints.join('\n'));
}

function parse(format: string): ParsedTemplate {
  try {
    return parseTemplate(format);
  } catch (error) {
    throw new Exit(64, `template parsing error: ${messageOf(error)}`, { cause: error });
  }
}

/** First as the Go type, then, where that has no such field, as the plain JSON. */
function render(template: ParsedTemplate, { json, shape, typedOnly }: Inspected): string {
  const value = parseJson(json);
  if (shape) {
    try {
      return execute(template, typed(shape, value));
    } catch (error) {
      if (!(error instanceof InvalidArgument)) throw error;
      if (typedOnly) throw new InvalidArgument(`template parsing error: ${error.message}`, { cause: error });
    }
  }
  try {
    return execute(template, value, { missingKeyIsError: true });
  } catch (error) {
    throw new InvalidArgument(`template parsing error: ${messageOf(error)}`, { cause: error });
  }
}

function listOf(objects: readonly string[], compact: boolean): string {
  if (objects.length === 0) return '[]\n';
  const list = `[${objects.map((json) => json.trimEnd()).join(',')}]`;
  return `${compact ? list : indentJson(list)}\n`;
}
