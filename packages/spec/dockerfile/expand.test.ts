import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { environmentOf, expandWord } from './expand.ts';

const env = environmentOf(['HOME=/root', 'EMPTY=', 'FILE=lib.so.tar.gz', 'LIST=a  b', 'A=1', 'A=2']);
const text = (word: string): string => expandWord(word, env, { escape: '\\' }).text;

describe('variables', () => {
  test('plain, braced, absent, last of a name', () => {
    assert.equal(text('x$HOME/y${HOME}z'), 'x/root/y/rootz');
    assert.equal(text('[$NONE]'), '[]');
    assert.equal(text('$A'), '2');
    assert.deepEqual([...expandWord('$NONE ${OTHER:-x}', env, { escape: '\\' }).missing], ['NONE', 'OTHER']);
  });

  test('defaults and alternatives, with and without the colon', () => {
    assert.equal(text('${NONE-d}${EMPTY-d}${EMPTY:-d}'), 'dd');
    assert.equal(text('${HOME+a}${EMPTY+b}${EMPTY:+c}${NONE+d}'), 'ab');
    assert.equal(text('${NONE:-${HOME:-x}}'), '/root');
  });

  test('demands', () => {
    assert.throws(() => text('${NONE?}'), { message: 'failed to process "${NONE?}": NONE: is not allowed to be unset' });
    assert.throws(() => text('${EMPTY:?}'), { message: 'failed to process "${EMPTY:?}": EMPTY: is not allowed to be empty' });
    assert.throws(() => text('${NONE:?give it}'), { message: 'failed to process "${NONE:?give it}": NONE: give it' });
  });

  test('trimming and replacing', () => {
    assert.equal(text('${FILE#*.}'), 'so.tar.gz');
    assert.equal(text('${FILE##*.}'), 'gz');
    assert.equal(text('${FILE%.*}'), 'lib.so.tar');
    assert.equal(text('${FILE%%.*}'), 'lib');
    assert.equal(text('${FILE/./-}'), 'lib-so.tar.gz');
    assert.equal(text('${FILE//./-}'), 'lib-so-tar-gz');
    assert.equal(text('${HOME//\\//_}'), '_root');
    assert.equal(text('${FILE%.t?r*}'), 'lib.so');
    assert.deepEqual(['${FILE//*/x}', '${FILE//tar*/x}', '${FILE/*/x}', '${FILE///-}'].map(text), ['x', 'lib.so.x', 'x', '-l-i-b-.-s-o-.-t-a-r-.-g-z-'], 'as dockerd has them');
    assert.equal(expandWord('${FILE/./$ODD}', environmentOf(['FILE=a.b', 'ODD=$1\\$&']), { escape: '\\' }).text, 'a$1\\$&b');
  });

  test('many wildcards over a long text come to an end', () => {
    const value = 'a'.repeat(20_000);
    for (const form of ['/*a*a*a*a*a*b/x', '//a*a*a*a*a*b/x', '##*a*a*a*a*a*b', '%b*a*a*a*a*a*']) {
      assert.equal(expandWord(`\${LONG${form}}`, environmentOf([`LONG=${value}`]), { escape: '\\' }).text, value, form);
    }
  });

  test('words nested deeper than anybody writes them are refused before the stack ends', () => {
    const nested = (depth: number): string => '${NONE:-'.repeat(depth) + 'x' + '}'.repeat(depth);
    assert.equal(text(nested(90)), 'x');
    for (const depth of [200, 8000]) assert.throws(() => text(nested(depth)), /substitutions are nested more than 100 deep$/);
  });

  test('a pattern too long for its value is refused before it keeps the daemon busy', () => {
    const long = environmentOf([`LONG=${'a'.repeat(200_000)}`]);
    for (const [before, after] of [['#', ''], ['%', ''], ['/', '/x']]) assert.throws(() => expandWord(`\${LONG${before}${'?'.repeat(500)}${after}}`, long, { escape: '\\' }), /a pattern of 500 characters in substitution is too long for a value of 200000/);
  });

  test('what is malformed says what is missing', () => {
    assert.throws(() => text('${HOME'), /unsupported modifier/);
    assert.throws(() => text('${HOME:-x'), { message: 'failed to process "${HOME:-x": syntax error: missing \'}\'' });
    assert.throws(() => text('${}'), { message: 'failed to process "${}": syntax error: bad substitution' });
    assert.throws(() => text('${HOME:=x}'), { message: 'failed to process "${HOME:=x}": unsupported modifier (:=) in substitution' });
    assert.throws(() => text('"x'), { message: 'failed to process "\\"x": unexpected end of statement while looking for matching double-quote' });
    assert.throws(() => text('${FILE#\\a}'), /invalid pattern \(\\a\) in substitution: invalid escape '\\a'/);
  });
});

describe('quotes and escapes', () => {
  test('single quotes keep all, double quotes expand', () => {
    assert.equal(text(`'$HOME' "$HOME"`), '$HOME /root');
    assert.equal(text('"a\\"b\\$c\\d"'), 'a"b$c\\d');
    assert.equal(text('a\\$HOME\\ b'), 'a$HOME b');
  });

  test('the escape character may be a backtick', () => {
    assert.equal(expandWord('c:\\a`$HOME', env, { escape: '`' }).text, 'c:\\a$HOME');
  });

  test('unquoted spaces part words, quoted ones do not', () => {
    assert.deepEqual(expandWord('x$LIST "$LIST"', env, { escape: '\\' }).words, ['xa', 'b', 'a  b']);
  });
});
