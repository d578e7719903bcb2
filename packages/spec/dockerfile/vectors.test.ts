/** Runs the published vectors where they are at hand; the cases beside each module stand without them. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { parseDockerfile, type Node } from './parse.ts';
import { environmentOf, expandWord } from './expand.ts';
import { IgnorePatterns } from '../dockerignore.ts';
import { quote } from '#base';

const folder = '../shared/specs/dockerfile';
const skip = existsSync(folder) ? false : `the vectors' folder ${folder} is not beside this checkout`;

interface ParserVectors {
  positive: Record<string, { Dockerfile: string; result: string }>;
  negative: Record<string, { Dockerfile: string }>;
}

interface IgnoreVectors {
  single: { pattern: string; path: string; match: boolean }[];
  multiple: { patterns: string[]; path: string; match: boolean }[];
}

describe('published Dockerfile vectors', { skip }, () => {
  test('parser', () => {
    const { positive, negative } = read<ParserVectors>('parser-vectors.json');
    for (const [name, { Dockerfile, result }] of Object.entries(positive)) {
      assert.equal(parseDockerfile(Dockerfile).nodes.map(dump).join('\n') + '\n', result, name);
    }
    for (const [name, { Dockerfile }] of Object.entries(negative)) {
      assert.throws(() => parseDockerfile(Dockerfile), { name: 'InvalidArgument' }, name);
    }
    assert.ok(Object.keys(positive).length > 20);
  });

  test('expansion of variables', () => {
    const { rawEnvVarTest } = read<{ rawEnvVarTest: string }>('shell-expansion-vectors.json');
    const env = environmentOf(['PWD=/home', 'SHELL=bash', 'KOREAN=한국어', 'NULL=']);
    const lines = rawEnvVarTest.split('\n').filter((line) => /^[AU]\|/.test(line));
    for (const line of lines) {
      const [, word = '', expected = ''] = line.split('|').map((part) => part.trim());
      if (expected === 'error') assert.throws(() => expandWord(word, env, { escape: '\\' }), { name: 'InvalidArgument' }, line);
      else assert.equal(expandWord(word, env, { escape: '\\' }).text, expected, line);
    }
    assert.ok(lines.length > 150);
  });

  test('splitting into words', () => {
    const { rawWordsTest } = read<{ rawWordsTest: string }>('shell-expansion-vectors.json');
    const env: string[] = [];
    for (const line of rawWordsTest.split('\n').filter((each) => each !== '' && !each.startsWith('#'))) {
      if (line.startsWith('ENV ')) {
        env.push(line.slice(4).trimStart());
        continue;
      }
      const [word = '', expected = ''] = line.split(' | ');
      assert.deepEqual(expandWord(word.trimEnd(), environmentOf(env), { escape: '\\' }).words, expected.split(','), line);
    }
  });

  test('.dockerignore', () => {
    const { single, multiple } = read<IgnoreVectors>('dockerignore-vectors.json');
    for (const { pattern, path, match } of single) {
      assert.equal(new IgnorePatterns([pattern]).excludes(path), match, `${pattern} on ${path}`);
    }
    for (const { patterns, path, match } of multiple) {
      assert.equal(new IgnorePatterns(patterns).excludes(path), match, `${patterns.join(' ')} on ${path}`);
    }
  });
});

function read<T>(name: string): T {
  return JSON.parse(readFileSync(`${folder}/${name}`, 'utf8')) as T;
}

/** A node as the vectors show it: `(run ["--flag"] "argument")`. */
function dump(node: Node): string {
  const flags = node.flags.length > 0 ? ` [${node.flags.map(quote).join(' ')}]` : '';
  return `(${[node.name.toLowerCase() + flags, ...node.args.map(quote)].join(' ')})`;
}
