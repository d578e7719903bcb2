import assert from 'node:assert/strict';
import { test } from 'node:test';
import { changedMode } from '#kernel';
import { modeOf } from './mode.ts';

test('--chmod takes a number, or symbols in the manner of chmod(1)', () => {
  const rows: readonly [chmod: string, before: number, after: number, directory?: boolean][] = [
    ['755', 0o600, 0o755],
    ['04755', 0o600, 0o4755],
    ['u+x', 0o644, 0o744],
    ['+x', 0o644, 0o755],
    ['a-w', 0o666, 0o444],
    ['go=', 0o777, 0o700],
    ['u=rwX,go=rX', 0o600, 0o644],
    ['u=rwX,go=rX', 0o700, 0o755],
    ['u=rwX,go=rX', 0o600, 0o755, true],
    ['g=u', 0o640, 0o660],
    ['u+s,g+s,o+t', 0o755, 0o7755],
    ['u+r-w', 0o200, 0o400],
    ['o=g', 0o4750, 0o4755],
  ];
  for (const [chmod, before, after, directory = false] of rows) {
    assert.equal(changedMode(before, modeOf(chmod) ?? before, directory).toString(8), after.toString(8), `${chmod} of ${before.toString(8)}`);
  }
  assert.equal(modeOf(''), undefined);
  for (const wrong of ['8', '17777', 'u', 'u+z', 'z+x', 'u+x,', 'ug', '0x1ff', 'u+ur']) assert.throws(() => modeOf(wrong), { kind: 'InvalidArgument' }, wrong);
});
