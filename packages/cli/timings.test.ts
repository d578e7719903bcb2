import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Timings } from './timings.ts';

test('stretches, exchanges with the engine\'s share, and the sum', () => {
  let now = 30;
  const timings = new Timings(() => now);
  timings.lap('starting this command');
  timings.exchanged({ method: 'POST', target: `/containers/${'f'.repeat(64)}/start?x=1`, begun: 31, answered: 39, engine: 7.5 });
  now = 40;
  timings.lap('starting it');
  now = 45;
  assert.equal(timings.report('its end'), `
Timings, in milliseconds:
     30.0  starting this command
     10.0  starting it
          8.0  POST /containers/ffffffffffff/start (engine 7.5)
      5.0  its end
     45.0  in all
`);
});

test('layers by what was done to them, build steps by their line', () => {
  let now = 0;
  const timings = new Timings(() => now);
  const at = (time: number, message: Parameters<Timings['progressed']>[0]): void => {
    now = time;
    timings.progressed(message);
  };
  at(1, { id: 'aaa', status: 'Pulling fs layer' });
  at(2, { id: 'aaa', status: 'Downloading' });
  at(5, { id: 'aaa', status: 'Downloading' });
  at(12, { id: 'aaa', status: 'Download complete' });
  at(20, { id: 'aaa', status: 'Extracting' });
  at(25, { id: 'aaa', status: 'Pull complete' });
  at(30, { stream: 'Step 1/2 : FROM x' });
  at(33, { stream: 'Step 2/2 : RUN y' });
  at(40, { stream: 'Successfully built z\n' });
  const lines = timings.report('all').split('\n');
  assert.deepEqual(lines.slice(3, 6), ['          3.0  Step 1/2 : FROM x', '          7.0  Step 2/2 : RUN y', '         16.0  aaa: pulling fs layer 1.0, downloading 10.0, extracting 5.0']);
});
