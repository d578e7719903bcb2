/** The Content-Type of a body, read as Go's mime.ParseMediaType reads it (RFC 1521, RFC 2183): what it refuses, its clients know by its words. */
import { InvalidArgument } from '#base';

/** Throws InvalidArgument for a header that is malformed, or names another type than `application/json`. */
export function requireJsonType(given: string): void {
  if (given === 'application/json') return;
  const complaint = complaintOf(given);
  if (complaint !== undefined) throw new InvalidArgument(`malformed Content-Type header (${given}): mime: ${complaint}`);
  if (typeOf(given) !== 'application/json') throw new InvalidArgument(`unsupported Content-Type header (${given}): must be 'application/json'`);
}

function typeOf(given: string): string {
  return (given.split(';', 1)[0] ?? '').trim().toLowerCase();
}

const token = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]+";
const parameter = new RegExp(`^\\s*;\\s*(${token})\\s*=\\s*(?:(${token})|"((?:[^"\\\\\\r\\n]|\\\\[^\\r\\n])*)")`);

function complaintOf(given: string): string | undefined {
  const type = typeOf(given);
  const [first = ''] = new RegExp(`^${token}`).exec(type) ?? [];
  if (first === '') return 'no media type';
  if (type.length > first.length) {
    if (type[first.length] !== '/') return 'expected slash after first token';
    const [second = ''] = new RegExp(`^${token}`).exec(type.slice(first.length + 1)) ?? [];
    if (second === '') return 'expected token after slash';
    if (type.length > first.length + 1 + second.length) return 'unexpected content after media subtype';
  }
  return parametersComplaint(given.includes(';') ? given.slice(given.indexOf(';')) : '');
}

/** A lone semicolon at the end is let pass; so is a parameter that says the same again. */
function parametersComplaint(text: string): string | undefined {
  const values = new Map<string, string>();
  let rest = text.trimStart();
  while (rest !== '') {
    const [whole = '', name = '', plain, quoted = ''] = parameter.exec(rest) ?? [];
    if (whole === '') return rest.trim() === ';' ? undefined : 'invalid media parameter';
    const value = plain ?? quoted.replace(/\\(.)/g, '$1');
    const key = name.toLowerCase();
    if (values.has(key) && values.get(key) !== value) return 'duplicate parameter name';
    values.set(key, value);
    rest = rest.slice(whole.length).trimStart();
  }
  return undefined;
}
