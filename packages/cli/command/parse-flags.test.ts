import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bool, filter, int, list, map, parseCsvLine, string, strings, uint } from './flag-types.ts';
import { parseFlags } from './parse-flags.ts';

const flags = {
  all: bool('', { short: 'a' }),
  tty: bool('', { short: 't' }),
  env: list('', { short: 'e' }),
  name: string(''),
  count: int('', { short: 'n', initial: -1 }),
  weight: uint('', { bits: 16 }),
  opt: map(''),
  part: strings(''),
  filter: filter('', { short: 'f' }),
  net: string('', { aliasOf: 'name' }),
  old: bool('', { deprecated: 'use --all instead' }),
};

const values = (...words: string[]) => parseFlags(words, flags).values;

test('reads long, short and clustered flags, with values after them or joined', () => {
  const parsed = parseFlags(['--name', 'x', '-ate', 'A=1', '--env=B=2', '-eC', '-e=D', '-n', '0x1f', 'arg'], flags);
  assert.deepEqual([parsed.values['name'], parsed.values['all'], parsed.values['tty'], parsed.values['count']], ['x', true, true, 31]);
  assert.deepEqual(parsed.values['env'], ['A=1', 'B=2', 'C', 'D']);
  assert.deepEqual(parsed.rest, ['arg']);
  assert.deepEqual([...parsed.given], ['name', 'all', 'tty', 'env', 'count']);
});

test('the first argument ends the flags where they are not interspersed, -- everywhere', () => {
  assert.deepEqual(parseFlags(['-a', 'bb', '-t'], flags, false).rest, ['bb', '-t']);
  assert.deepEqual(parseFlags(['bb', '-a', '--', '-t'], flags).rest, ['bb', '-t']);
  assert.deepEqual(parseFlags(['-', 'x'], flags).rest, ['-', 'x']);
});

test('collects lists, maps and filters', () => {
  assert.deepEqual(values('--opt', 'a=b', '--opt', 'c')['opt'], { a: 'b', c: '' });
  assert.deepEqual(values('--part', 'a,"b,c"', '--part', 'd')['part'], ['a', 'b,c', 'd']);
  assert.deepEqual([...(values('-f', 'a=1', '-f', 'A = 2', '-f', 'a=1')['filter'] as Map<string, string[]>)], [['a', ['1', '2']]]);
});

test('an alias sets what it is another name of; a deprecated flag says so', () => {
  assert.equal(values('--net', 'x')['name'], 'x');
  assert.deepEqual(parseFlags(['--old'], flags).notices, ['Flag --old has been deprecated, use --all instead']);
});

test('refuses in the words of pflag', () => {
  const refused: [string[], string][] = [
    [['--nope'], 'unknown flag: --nope'],
    [['-Z'], "unknown shorthand flag: 'Z' in -Z"],
    [['-aZt'], "unknown shorthand flag: 'Z' in -Zt"],
    [['--=x'], 'bad flag syntax: --=x'],
    [['---x'], 'bad flag syntax: ---x'],
    [['--name'], 'flag needs an argument: --name'],
    [['-e'], "flag needs an argument: 'e' in -e"],
    [['--all=maybe'], 'invalid argument "maybe" for "-a, --all" flag: strconv.ParseBool: parsing "maybe": invalid syntax'],
    [['-n', 'x'], 'invalid argument "x" for "-n, --count" flag: strconv.ParseInt: parsing "x": invalid syntax'],
    [['--weight', '70000'], 'invalid argument "70000" for "--weight" flag: strconv.ParseUint: parsing "70000": value out of range'],
    [['-f', 'x'], 'invalid argument "x" for "-f, --filter" flag: bad format of filter (expected name=value)'],
  ];
  for (const [words, message] of refused) assert.throws(() => parseFlags(words, flags), { message }, words.join(' '));
});

test('help is asked for by --help, and by -h where that is no flag', () => {
  assert.equal(parseFlags(['x', '--help'], flags).help, '--help');
  assert.equal(parseFlags(['-h'], flags).help, '-h');
  assert.deepEqual([['--help', '--help=0'], ['--help=false', '-h'], ['-h=T'], ['-h=false']].map((words) => parseFlags(words, flags).help), [false, '-h', '-h', false]);
  assert.deepEqual(parseFlags(['-h=false'], flags).notices, ['Flag shorthand -h has been deprecated, use --help']);
  assert.throws(() => parseFlags(['-h=x'], flags), { message: 'invalid argument "x" for "--help" flag: strconv.ParseBool: parsing "x": invalid syntax' });
  assert.equal(parseFlags(['-h', 'x'], { host: string('', { short: 'h' }) }).values['host'], 'x');
});

test('a CSV line is read as RFC 4180 has it', () => {
  assert.deepEqual(parseCsvLine('a,"b""c",'), ['a', 'b"c', '']);
  assert.throws(() => parseCsvLine('a"b'), { message: 'parse error on line 1, column 2: bare " in non-quoted-field' });
});
