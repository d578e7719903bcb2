import assert from 'node:assert/strict';
import { test } from 'node:test';
import { applyChanges } from './change.ts';

test('change lines go over a configuration, which stays as it was', () => {
  const config = { Env: ['a=1'], Cmd: ['sh'], WorkingDir: '/w' };
  const changed = applyChanges(config, ['ENV b=$a', 'CMD ["x"]', 'EXPOSE 80', 'WORKDIR sub', 'LABEL l=m']);
  assert.deepEqual(changed, {
    Env: ['a=1', 'b=1'], Cmd: ['x'], ExposedPorts: { '80/tcp': {} }, WorkingDir: '/w/sub', Labels: { l: 'm' },
  });
  assert.deepEqual(config, { Env: ['a=1'], Cmd: ['sh'], WorkingDir: '/w' });
});

test('what changes files is no change command', () => {
  assert.throws(() => applyChanges({}, ['RUN x']), { message: 'RUN is not a valid change command' });
  assert.throws(() => applyChanges({}, ['from x']), { message: 'from is not a valid change command' });
  assert.throws(() => applyChanges({}, ['ENV a']), { message: 'ENV must have two arguments' });
  assert.throws(() => applyChanges({}, ['SHELL ["x"]']), { message: 'SHELL is not a valid change command' });
});
