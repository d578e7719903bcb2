/**
 * Request bodies read as Go's decoder reads them into dockerd's types: unknown fields fall away, names match in any
 * case, null means unset, and a value of another type is an error that names the field. What comes out may be trusted
 * by its TypeScript type.
 *
 * Example: decode(object<{ Name?: string }>('CreateRequest', { Name: 'string' }), { name: 'x', more: 1 })  →  { Name: 'x' }
 */
import { InvalidArgument } from '#base';

/** `uint` and `uint16` are Go's: integers that have no sign. */
type Scalar = 'string' | 'integer' | 'uint' | 'uint16' | 'boolean';

/** A number as it was written, where JavaScript's would not tell: Go tells 1000 from 1e3 and 1000.0. */
export class NumberLiteral {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** `words` is a list of strings that may come as one string; `anything` is not looked into. */
export type Shape =
  | Scalar
  | 'words'
  | 'anything'
  | { readonly list: Shape }
  | { readonly map: Shape }
  | ObjectShape<unknown>;

/** Every field of `T` by name. */
export type Fields<T> = { readonly [Name in keyof Required<T>]: Shape };

export interface ObjectShape<T> {
  /** Go's name of the type, for messages. */
  readonly name: string;
  readonly fields: Readonly<Record<string, Shape>>;
  /** The same by the names that clients write: the exact one, and the one in small letters. */
  readonly known: ReadonlyMap<string, Field>;
  /** What absent fields come out as; without it they stay absent. */
  readonly zero?: Readonly<Record<string, unknown>>;
  /** Never set: ties the shape to its type. */
  readonly type?: T;
}

interface Field {
  readonly name: string;
  readonly shape: Shape;
}

/** The shape of `T`, whose fields may be absent. */
export function object<T>(name: string, fields: Fields<T>): ObjectShape<T> {
  return { name, fields, known: knownBy(fields) };
}

/** The shape of a `T` that is always whole: what is absent becomes '', 0, false or null. */
export function whole<T>(name: string, fields: Fields<T>): ObjectShape<T> {
  return { name, fields, known: knownBy(fields), zero: zeroOf(fields) };
}

function zeroOf(fields: Readonly<Record<string, Shape>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).map(([name, shape]) => [name, isScalar(shape) ? zeros[shape as Scalar] : null]));
}

function knownBy(fields: Readonly<Record<string, Shape>>): Map<string, Field> {
  const all = Object.entries(fields).map(([name, shape]): Field => ({ name, shape }));
  return new Map([...all.map((field) => [field.name.toLowerCase(), field] as const), ...all.map((field) => [field.name, field] as const)]);
}

/** Throws InvalidArgument in Go's words (`invalid JSON: json: cannot unmarshal number into Go struct field X.Name of type string`). */
export function decode<T>(shape: ObjectShape<T>, value: unknown): T {
  return decodeValue(shape, value ?? {}, { name: shape.name }) as T;
}

/** The same for a list or map in a parameter; `name` is what messages call it. */
export function decodeAs<T>(shape: Shape, value: unknown, name: string): T {
  return decodeValue(shape, value, { name }) as T;
}

/** A field and what it is in; the outermost is the body's type, or a parameter. */
interface Place {
  readonly name: string;
  readonly within?: Place;
}

const zeros: Readonly<Record<Scalar, unknown>> = { string: '', integer: 0, uint: 0, uint16: 0, boolean: false };

/** Null stays null: the caller decides whether that is unset, zero or a nil pointer. */
function decodeValue(shape: Shape, value: unknown, place: Place): unknown {
  if (value === null || value === undefined || shape === 'anything') return value ?? null;
  if (shape === 'words') return decodeWords(value, place);
  if (typeof shape === 'string') return decodeScalar(shape, value, place);
  if ('list' in shape) return decodeList(shape.list, value, place);
  if ('map' in shape) return decodeMap(shape.map, value, place);
  return decodeObject(shape, value, place);
}

function decodeScalar(shape: Scalar, value: unknown, place: Place): unknown {
  const range = integers[shape];
  if (range) return decodeInteger(value, range) ?? refuse(value, goType(shape), place);
  if (typeof value !== shape) throw mismatch(value, goType(shape), place);
  if (typeof value === 'string') refuseNul(value, place);
  return value;
}

const integers: Readonly<Partial<Record<Scalar, readonly [least: bigint, most: bigint]>>> = {
  integer: [-(1n << 63n), (1n << 63n) - 1n], uint: [0n, (1n << 64n) - 1n], uint16: [0n, 0xffffn],
};

/** Undefined for what is no integer within the range. */
function decodeInteger(value: unknown, [least, most]: readonly [bigint, bigint]): number | undefined {
  if (Number.isSafeInteger(value)) return (value as number) >= least && (value as number) <= most ? (value as number) + 0 : undefined; // -0 is 0
  if (!(value instanceof NumberLiteral) || !/^-?\d+$/.test(value.text)) return undefined;
  const exact = BigInt(value.text);
  return exact >= least && exact <= most ? Number(exact) : undefined;
}

function refuse(value: unknown, wanted: string, place: Place): never {
  throw mismatch(value, wanted, place);
}

/** A list of strings, or one string. */
function decodeWords(value: unknown, place: Place): unknown[] {
  if (typeof value === 'string') return decodeList('string', [value], place);
  const isWords = Array.isArray(value) && value.every((entry: unknown) => typeof entry === 'string' || entry === null);
  if (!isWords) throw mismatch(value, 'string', place); // what Go tries last
  return decodeList('string', value, place);
}

function decodeList(shape: Shape, value: unknown, place: Place): unknown[] {
  if (!Array.isArray(value)) throw mismatch(value, `[]${goType(shape)}`, place);
  return value.map((entry: unknown) => decodeEntry(shape, entry, place));
}

function decodeMap(shape: Shape, value: unknown, place: Place): Record<string, unknown> {
  if (!isObject(value)) throw mismatch(value, `map[string]${goType(shape)}`, place);
  for (const key of Object.keys(value)) refuseNul(key, place);
  const ofValues = typeof shape === 'string' || isSet(shape); // else Go has pointers, which may be nil
  const entries = Object.entries(value).map(([key, entry]) => [key, ofValues ? decodeEntry(shape, entry, place) : decodeValue(shape, entry, place)] as const);
  return Object.fromEntries(entries);
}

/** Go's `map[string]struct{}`. */
function isSet(shape: Shape): boolean {
  return typeof shape === 'object' && 'fields' in shape && Object.keys(shape.fields).length === 0;
}

/** A null among others is Go's zero value. */
function decodeEntry(shape: Shape, value: unknown, place: Place): unknown {
  if (value !== null) return decodeValue(shape, value, place);
  if (typeof shape === 'string') return shape in zeros ? zeros[shape as Scalar] : null;
  return 'fields' in shape ? decodeValue(shape, {}, place) : null;
}

function decodeObject(shape: ObjectShape<unknown>, value: unknown, place: Place): Record<string, unknown> {
  if (!isObject(value)) throw mismatch(value, shape.name, place);
  const decoded: Record<string, unknown> = { ...shape.zero };
  for (const key of Object.keys(value)) {
    const field = shape.known.get(key) ?? shape.known.get(key.toLowerCase());
    if (field === undefined) continue;
    const inner = decodeValue(field.shape, value[key], { name: field.name, within: place });
    if (inner !== null || !isScalar(field.shape)) decoded[field.name] = inner;
  }
  return decoded;
}

function isScalar(shape: Shape): boolean {
  return typeof shape === 'string' && shape in zeros;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof NumberLiteral);
}

/** No name, path or argument can hold one: the kernel's strings end there. */
function refuseNul(text: string, place: Place): void {
  if (text.includes('\0')) throw new InvalidArgument(`invalid JSON: ${pathOf(place)} contains a NUL byte`);
}

function pathOf({ name, within }: Place): string {
  return within ? `${pathOf(within)}.${name}` : name;
}

function goType(shape: Shape): string {
  if (shape === 'integer') return 'int64';
  if (shape === 'boolean') return 'bool';
  if (shape === 'words') return '[]string';
  if (shape === 'anything') return 'interface {}';
  if (typeof shape === 'string') return shape;
  if ('list' in shape) return `[]${goType(shape.list)}`;
  return 'map' in shape ? `map[string]${goType(shape.map)}` : shape.name;
}

function mismatch(value: unknown, wanted: string, place: Place): InvalidArgument {
  const kind = Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : value instanceof NumberLiteral ? 'number' : typeof value;
  const what = kind === 'number' && /^u?int/.test(wanted) ? `number ${value instanceof NumberLiteral ? value.text : String(value)}` : kind;
  const where = place.within ? `Go struct field ${pathOf(place)}` : 'Go value';
  return new InvalidArgument(`invalid JSON: json: cannot unmarshal ${what} into ${where} of type ${wanted}`);
}
