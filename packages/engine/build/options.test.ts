import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ApiRequest } from '../router.ts';
import { buildOptions } from './options.ts';

const falsy = new Set(['', '0', 'false']);
const { signal } = new AbortController();

function options(query: string, experimental = false) {
  const parameters = new URLSearchParams(query);
  const request = { query: parameters, headers: {}, atLeast: () => true, flag: (name: string) => !falsy.has(parameters.get(name) ?? '') };
  return buildOptions(request as unknown as ApiRequest, signal, { experimental });
}

test('what is not asked has dockerd\'s defaults', () => {
  const { dockerfile, tags, removeIntermediate, forceRemove, memory, ulimits, platform } = options('');
  assert.deepEqual(
    { dockerfile, tags, removeIntermediate, forceRemove, memory, ulimits, platform },
    { dockerfile: 'Dockerfile', tags: [], removeIntermediate: true, forceRemove: false, memory: 0, ulimits: [], platform: undefined },
  );
});

test('parameters are read', () => {
  const built = options('t=led:1&t=led:1&t=r/x&buildargs={"V":"7","W":null}&labels={"q":"1"}&rm=0&memory=5&cachefrom=["a"]&ulimits=[{"Name":"nofile","Soft":1,"Hard":2}]&platform=linux/arm64');
  assert.deepEqual(built.tags, ['led:1', 'r/x:latest']);
  assert.deepEqual(built.buildArgs, { V: '7', W: null });
  assert.deepEqual([built.removeIntermediate, built.memory, built.cacheFrom], [false, 5, ['a']]);
  assert.deepEqual(built.ulimits, [{ name: 'nofile', soft: 1, hard: 2 }]);
  assert.deepEqual(built.platform, { os: 'linux', architecture: 'arm64' });
  assert.equal(options('rm=0&forcerm=1').removeIntermediate, true);
});

test('what this builder does not do is refused by name', () => {
  assert.throws(() => options('version=2'), { name: 'InvalidArgument', message: 'buildkit not supported by daemon' });
  assert.throws(() => options('version=9'), { message: 'invalid version "9"' });
  assert.throws(() => options('squash=1'), { message: 'squash is only supported with experimental mode' });
  assert.equal(options('squash=1', true).squash, true);
  assert.throws(() => options('buildargs={'), /^InvalidArgument: error reading build args: /);
  assert.throws(() => options(`t=x@sha256:${'0'.repeat(64)}`), { message: 'build tag cannot contain a digest' });
});
