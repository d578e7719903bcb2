/** `RUN --mount=…`: comma-separated options as csv (Dockerfile reference, "RUN --mount"). */
import { InvalidArgument, parseBool, quote } from '#base';
import { withSuggestion } from '../suggest.ts';

export type MountType = 'bind' | 'cache' | 'tmpfs' | 'secret' | 'ssh';
export type Sharing = 'shared' | 'private' | 'locked';

export interface RunMount {
  readonly type: MountType;
  readonly from: string;
  readonly source: string;
  readonly target: string;
  readonly readonly: boolean;
  readonly required: boolean;
  /** Bytes of a tmpfs; 0 for no limit. */
  readonly size: number;
  readonly id: string;
  readonly sharing: Sharing | '';
  readonly mode: number | undefined;
  readonly uid: number | undefined;
  readonly gid: number | undefined;
  /** The environment variable in which a secret is passed. */
  readonly env: string | undefined;
}

const types = ['bind', 'cache', 'tmpfs', 'secret', 'ssh'] as const;
const sharings = ['shared', 'private', 'locked'] as const;
const keys = [
  'type', 'from', 'source', 'target', 'readonly', 'id', 'sharing', 'required', 'mode', 'uid', 'gid', 'src', 'dst', 'ro', 'rw', 'readwrite',
];

/** Refuses what is wrong whatever the variables hold. */
export function checkMount(text: string): void {
  for (const field of csvFields(text)) {
    const [key = '', value = ''] = cut(field);
    if (key.toLowerCase() === 'from' && /\$./.test(value)) {
      throw new InvalidArgument("'from' doesn't support variable expansion, define alias stage instead");
    }
  }
}

/** Reads the options once variables can be expanded. Throws InvalidArgument in BuildKit's words. */
export function readMount(text: string, expand: (word: string) => string): RunMount {
  const draft: Draft = { ...untold };
  for (const field of csvFields(text)) {
    const [written, value] = cut(field);
    readOption(draft, written.toLowerCase(), value === undefined ? undefined : expand(value), field);
  }
  check(draft);
  return { ...draft, readonly: draft.readonly ?? (draft.type !== 'cache' && draft.type !== 'tmpfs') };
}

type Draft = { -readonly [Key in keyof Omit<RunMount, 'readonly'>]: RunMount[Key] } & { readonly: boolean | undefined };

const untold: Readonly<Draft> = {
  type: 'bind',
  from: '',
  source: '',
  target: '',
  readonly: undefined,
  required: false,
  size: 0,
  id: '',
  sharing: '',
  mode: undefined,
  uid: undefined,
  gid: undefined,
  env: undefined,
};

function readOption(draft: Draft, key: string, value: string | undefined, field: string): void {
  switch (key) {
    case 'readonly':
    case 'ro':
      draft.readonly = booleanOf(key, value);
      return;
    case 'readwrite':
    case 'rw':
      draft.readonly = !booleanOf(key, value);
      return;
    case 'required':
      onlyFor(draft, key, ['secret', 'ssh']);
      draft.required = booleanOf(key, value);
      return;
    default:
      if (value === undefined) throw new InvalidArgument(`invalid field '${field}' must be a key=value pair`);
      readValue(draft, key, value, field);
  }
}

function readValue(draft: Draft, key: string, value: string, field: string): void {
  switch (key) {
    case 'type':
      draft.type = oneOf(types, value.toLowerCase(), `unsupported mount type ${quote(value)}`);
      return;
    case 'from':
    case 'id':
    case 'env':
      draft[key] = value;
      return;
    case 'source':
    case 'src':
      draft.source = value;
      return;
    case 'target':
    case 'dst':
    case 'destination':
      draft.target = value;
      return;
    case 'size':
      onlyFor(draft, key, ['tmpfs']);
      draft.size = bytesOf(key, value);
      return;
    case 'sharing':
      draft.sharing = oneOf(sharings, value.toLowerCase(), `unsupported sharing value ${quote(value)}`);
      return;
    case 'mode':
      draft.mode = numberOf(key, value, 8);
      return;
    case 'uid':
    case 'gid':
      draft[key] = numberOf(key, value, 10);
      return;
    default:
      throw new InvalidArgument(withSuggestion(`unexpected key '${key}' in '${field}'`, key, keys, true));
  }
}

function check(draft: Draft): void {
  const owned = draft.type === 'secret' || draft.type === 'ssh' || draft.type === 'cache';
  for (const key of ['mode', 'uid', 'gid'] as const) {
    if (!owned && draft[key] !== undefined) throw new InvalidArgument(`${key} not allowed for ${quote(draft.type)} type mounts`);
  }
  if (draft.type === 'secret') checkSecret(draft);
  if (draft.sharing !== '' && draft.type !== 'cache') throw new InvalidArgument(`invalid cache sharing set for ${draft.type} mount`);
}

function checkSecret(draft: Draft): void {
  if (draft.from !== '') throw new InvalidArgument('secret mount should not have a from');
  if (draft.sharing !== '') throw new InvalidArgument('secret mount should not define sharing');
  if (draft.source === '' && draft.target === '' && draft.id === '') {
    throw new InvalidArgument('invalid secret mount. one of source, target required');
  }
  if (draft.source !== '' && draft.id !== '') throw new InvalidArgument("both source and id can't be set");
}

function onlyFor(draft: Draft, key: string, allowed: readonly MountType[]): void {
  if (!allowed.includes(draft.type)) throw new InvalidArgument(`unexpected key '${key}' for mount type '${draft.type}'`);
}

function oneOf<T extends string>(options: readonly T[], value: string, message: string): T {
  const found = options.find((option) => option === value);
  if (found === undefined) throw new InvalidArgument(withSuggestion(message, value, options, true));
  return found;
}

/** A key alone is yes. */
function booleanOf(key: string, value = 'true'): boolean {
  try {
    return parseBool(value);
  } catch (error) {
    throw new InvalidArgument(`invalid value for ${key}: ${value}`, { cause: error });
  }
}

function numberOf(key: string, value: string, radix: 8 | 10): number {
  if (!(radix === 8 ? /^[0-7]+$/ : /^\d+$/).test(value)) throw new InvalidArgument(`invalid value ${value} for ${key}`);
  return Number.parseInt(value, radix);
}

/** `64m`, `1.5GiB`: binary units. */
function bytesOf(key: string, value: string): number {
  const [, amount = '', unit = ''] = /^(\d+(?:\.\d+)?) ?([kmgtp]?)i?b?$/i.exec(value) ?? [];
  if (amount === '') throw new InvalidArgument(`invalid value for ${key}: ${value}`);
  return Math.trunc(Number(amount) * 1024 ** ' kmgtp'.indexOf(unit.toLowerCase() || ' '));
}

function cut(field: string): [key: string, value: string | undefined] {
  const equals = field.indexOf('=');
  return equals < 0 ? [field, undefined] : [field.slice(0, equals), field.slice(equals + 1)];
}

/** One csv record: a field in double quotes may hold commas, and quotes doubled. */
function csvFields(text: string): string[] {
  const fields = [...text.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"(?=,|$)|([^",]*)(?=,|$))/g)];
  if (fields.map((field) => field[0]).join('') !== text) {
    throw new InvalidArgument(`failed to parse csv mounts: parse error on line 1: bare " in non-quoted-field`);
  }
  return fields.map((field) => field[2] ?? (field[1] ?? '').replaceAll('""', '"'));
}
