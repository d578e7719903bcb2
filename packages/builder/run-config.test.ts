import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cacheKeyOf, createdBy, recorded, recordedInOne } from './run-config.ts';

test('steps record themselves as history knows them', () => {
  assert.equal(createdBy(recorded({}, 'CMD ["x"]')), '/bin/sh -c #(nop)  CMD ["x"]');
  assert.equal(createdBy(recordedInOne({}, 'WORKDIR /x')), '/bin/sh -c #(nop) WORKDIR /x');
  assert.equal(createdBy(recorded({ Shell: ['/bin/bash', '-ec'] }, 'USER a')), '/bin/bash -ec #(nop)  USER a');
});

test('the cache compares what runs, not what it is called', () => {
  const key = cacheKeyOf({ Cmd: ['a'], Env: ['x=1'], Labels: { b: '2', a: '1' } });
  assert.equal(cacheKeyOf({ Labels: { a: '1', b: '2' }, Env: ['x=1'], Cmd: ['a'], Hostname: 'h', Image: 'sha256:1', OnBuild: [] }), key);
  assert.notEqual(cacheKeyOf({ Cmd: ['a'], Env: ['x=2'], Labels: { b: '2', a: '1' } }), key);
  assert.notEqual(cacheKeyOf({ Cmd: ['a', ''], Env: ['x=1'], Labels: { b: '2', a: '1' } }), key);
});
