import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseDockerfile, type Node } from './parse.ts';

const nodes = (text: string): readonly Node[] => parseDockerfile(text).nodes;
const only = (text: string): Node => {
  const [node, ...more] = nodes(text);
  assert.ok(node && more.length === 0);
  return node;
};

describe('lines', () => {
  test('continuations join, comments between them go, positions stay', () => {
    const [from, run, cmd] = nodes('# about\nFROM a\nRUN one \\\n# why\n  two\\\n  three\n\nCMD x\r\n');
    assert.deepEqual([from?.startLine, from?.comments], [2, ['about']]);
    assert.deepEqual([run?.args, run?.startLine, run?.endLine], [['one   two  three'], 3, 6]);
    assert.deepEqual([cmd?.args, cmd?.startLine], [['x'], 8]);
  });

  test('long runs of white space between words come to an end', () => {
    for (const blank of [' ', '\t', '\r']) {
      const line = `RUN a${blank.repeat(60_000)}b\n`;
      assert.equal(nodes(`FROM x\n${line.repeat(30)}`).length, 31);
    }
  });

  test('a trigger of a trigger is not looked into, however many there are', () => {
    const [, node] = nodes(`FROM x\n${'ONBUILD '.repeat(7000)}RUN a\n`);
    assert.deepEqual([node?.trigger?.name, node?.trigger?.trigger], ['ONBUILD', undefined]);
  });

  test('a blank line inside a continuation is told', () => {
    const { warnings } = parseDockerfile('RUN a \\\n\n  b\n');
    assert.deepEqual(warnings, [{ line: 3, text: 'Empty continuation line found in: RUN a   b' }]);
  });

  test('an escaped escape does not continue', () => {
    assert.deepEqual(nodes('RUN a\\\\\nRUN b').map((node) => node.args), [['a\\\\'], ['b']]);
  });

  test('a byte order mark is dropped', () => {
    assert.equal(only('\ufeffFROM a').name, 'FROM');
  });

  test('nothing to do is an error, as is a line of 64 KiB', () => {
    assert.throws(() => nodes('# only this\n\n'), { message: 'file with no instructions' });
    assert.throws(() => nodes(`RUN ${'x'.repeat(65536)}`), { message: 'dockerfile line greater than max allowed size of 65535' });
  });
});

describe('directives', () => {
  test('escape changes the continuation', () => {
    const { nodes: [node], escape, directives } = parseDockerfile('# syntax = docker/dockerfile:1\n# Escape=`\nRUN dir `\n c:\\\n');
    assert.deepEqual(node?.args, ['dir  c:\\']);
    assert.deepEqual([escape, directives.get('syntax')], ['`', 'docker/dockerfile:1']);
    assert.deepEqual(node?.comments, []);
  });

  test('only at the top, each once', () => {
    assert.equal(parseDockerfile('# a comment\n# escape=`\nFROM a').escape, '\\');
    assert.throws(() => nodes('# escape=x\nFROM a'), { message: "invalid escape token 'x' does not match ` or \\" });
    assert.throws(() => nodes('# escape=`\n# ESCAPE=`\nFROM a'), { message: 'only one escape parser directive can be used' });
  });
});

describe('flags', () => {
  test('come before the arguments, quotes and escapes resolved', () => {
    const node = only('COPY --from=build --chown="a b":c\\ d src dst');
    assert.deepEqual(node.flags, ['--from=build', '--chown=a b:c d']);
    assert.deepEqual(node.args, ['src', 'dst']);
  });

  test('end at the first word without dashes, or at --', () => {
    assert.deepEqual(only('RUN --mount=type=cache,target=/x ls --all').args, ['ls --all']);
    assert.deepEqual(only('COPY -- --a b').args, ['--a', 'b']);
  });
});

describe('arguments', () => {
  test('JSON where it is JSON, text where it is not', () => {
    assert.deepEqual([only('CMD ["a", "b c"]').args, only('CMD ["a", "b c"]').json], [['a', 'b c'], true]);
    assert.deepEqual([only("CMD ['a']").args, only("CMD ['a']").json], [["['a']"], false]);
    assert.throws(() => nodes('CMD ["a", 1]'), { message: 'when using JSON array syntax, arrays must be comprised of strings only' });
  });

  test('both forms of ENV', () => {
    assert.deepEqual(only('ENV a b c').args, ['a', 'b c', '']);
    assert.deepEqual(only('ENV a=1 b="2 3"').args, ['a', '1', '=', 'b', '"2 3"', '=']);
    assert.throws(() => nodes('ENV a'), { message: 'ENV must have two arguments' });
    assert.throws(() => nodes('LABEL a=1 b'), { message: `Syntax error - can't find = in "b". Must be of the form: name=value` });
  });

  test('ONBUILD holds another instruction', () => {
    const { trigger } = only('ONBUILD copy --from=x a b');
    assert.deepEqual([trigger?.name, trigger?.flags, trigger?.args], ['copy', ['--from=x'], ['a', 'b']]);
  });
});

describe('here-documents', () => {
  test('are read in order, each to its name', () => {
    const node = only("COPY <<a <<-'b c' /d/\none $x\na\n\ttwo\n\tb c\n");
    assert.deepEqual(node.heredocs, [
      { name: 'a', descriptor: 0, expand: true, chomp: false, content: 'one $x\n' },
      { name: 'b c', descriptor: 0, expand: false, chomp: true, content: '\ttwo\n' },
    ]);
    assert.equal(node.endLine, 5);
  });

  test('belong to RUN, COPY, ADD and their ONBUILD, never to JSON', () => {
    assert.equal(only('ONBUILD RUN <<EOF\nx\nEOF\n').heredocs.length, 1);
    assert.equal(nodes('CMD <<EOF\nUSER x').length, 2);
    assert.equal(only('RUN ["<<EOF"]').heredocs.length, 0);
    assert.equal(only('RUN echo $((1 << 2))').heredocs.length, 0);
  });

  test('without their end are an error', () => {
    assert.throws(() => nodes('RUN <<EOF\nx\n'), { message: 'unterminated heredoc' });
  });
});
