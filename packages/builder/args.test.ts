import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BuildArgs } from './args.ts';

test('a given value wins over the default, a stage forgets what another declared', () => {
  const args = new BuildArgs({ a: '1', unset: null });
  args.declareGlobal('a', 'default');
  args.declareGlobal('b', 'two');
  assert.deepEqual([...args.globals()], [['a', '1'], ['b', 'two']]);
  const stage = args.forStage();
  assert.deepEqual([...stage.declared()], []);
  stage.declare('b', undefined);
  stage.declare('c', undefined);
  stage.declare('unset', 'kept');
  assert.deepEqual(stage.besides([]), ['b=two', 'unset=kept']);
  assert.deepEqual([...args.forStage().declared()], []);
});

test('ENV of the same name wins', () => {
  const args = new BuildArgs({});
  args.declare('a', '1');
  args.declare('b', '2');
  assert.deepEqual(args.besides(['a=9', 'PATH=/bin']), ['b=2']);
});

test('proxies are allowed undeclared and leave no trace unless declared', () => {
  const args = new BuildArgs({ HTTP_PROXY: 'http://p', x: '1' });
  assert.deepEqual(args.besides([]), ['HTTP_PROXY=http://p']);
  assert.equal(args.isRecorded('HTTP_PROXY'), false);
  assert.deepEqual(args.unused(), ['x']);
  args.declare('HTTP_PROXY', undefined);
  assert.equal(args.isRecorded('HTTP_PROXY'), true);
});

test('what one stage declares counts as used for the whole build', () => {
  const args = new BuildArgs({ z: '1', a: '1', b: '2' });
  args.forStage().declare('b', undefined);
  assert.deepEqual(args.unused(), ['a', 'z']);
});
