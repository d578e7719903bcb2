import { execute, type ExecuteOptions } from './execute.ts';
import { functions } from './functions.ts';
import { parseTemplate as parse, type ParsedTemplate } from './parser.ts';

/** Parses a template under the name that errors show (Docker's are mostly unnamed). Throws InvalidArgument. */
export function parseTemplate(source: string, name = ''): ParsedTemplate {
  return parse(source, name, new Set(Object.keys(functions)));
}

export { execute, type ExecuteOptions, type ParsedTemplate };
export { headerFunctions } from './functions.ts';
export { escapeHtml, goJson, indentJson, parseJson, RawJson } from './json.ts';
export { Duration, type Fields, type Method, goMap, nil, NilPointer, recordFields, Struct } from './values.ts';
