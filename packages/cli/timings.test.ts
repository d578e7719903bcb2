import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type CannedAnswer, FakeEngine } from './testing/fake-engine.ts';
import { invoke } from './testing/invoke.ts';
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

test('told however the command ends, in a pipe as on a terminal', async () => {
  const id = 'f'.repeat(64);
  const created = { method: 'POST', target: '/containers/create', body: JSON.stringify({ Id: id, Warnings: [] }) };
  const wait = { method: 'POST', target: `/containers/${id}/wait?condition=next-exit`, body: '{"StatusCode":0}' };
  const start = { method: 'POST', target: `/containers/${id}/start` };
  const told = async (answer: CannedAnswer): Promise<{ code: number; stretches: string[] }> => {
    await using engine = await FakeEngine.start([created, wait, answer]);
    const { code, stderr } = await invoke(['run', '-d', '--timings', 'x'], { env: { DOCKER_HOST: engine.host } });
    const rows = [...stderr.matchAll(/^(?=.{9} {2}\S) *(\d+\.\d) {2}(\S.*)$/gm)].map(([, time, what]) => ({ time: Number(time), what: what ?? '' }));
    const whole = rows.pop();
    assert.ok(Math.abs(rows.reduce((sum, { time }) => sum + time, 0) - (whole?.time ?? NaN)) < 1, stderr);
    return { code, stretches: rows.map(({ what }) => what) };
  };
  const begun = ['starting this command', 'creating the container', 'waiting for its end'];
  assert.deepEqual(await told({ ...start, status: 204 }), { code: 0, stretches: [...begun, 'starting it', 'coming to an end'] });
  assert.deepEqual(await told({ ...start, status: 500, body: '{"message":"no"}' }), { code: 125, stretches: [...begun, 'until it failed'] });
});
