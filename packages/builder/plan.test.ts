import assert from 'node:assert/strict';
import { test } from 'node:test';
import { planBuild, printPlan } from './plan.ts';

const plan = (text: string, request: { target?: string; labels?: Record<string, string> } = {}): string =>
  printPlan(planBuild(text, 'Dockerfile', { target: '', labels: {}, ...request }));

const twoStages = 'ARG v=1\nFROM a:$v AS one\nRUN x\nFROM b\nCOPY --from=one /y /\n';

test('numbers every step through all stages', () => {
  assert.equal(plan(twoStages), `1/5 ARG v=1
2/5 FROM a:$v AS one
3/5 RUN x
end of stage 0
4/5 FROM b
5/5 COPY --from=one /y /
end of stage 1
`);
});

test('a target ends the plan with its stage, any case', () => {
  assert.equal(plan(twoStages, { target: 'ONE' }), '1/3 ARG v=1\n2/3 FROM a:$v AS one\n3/3 RUN x\nend of stage 0\n');
  assert.throws(() => plan(twoStages, { target: 'nope' }), { message: 'target stage "nope" could not be found' });
});

test('labels of the request come last, sorted', () => {
  assert.equal(plan('FROM a', { labels: { z: '1', b: '$x' } }), '1/3 FROM a\n2/3 LABEL b=$x\n3/3 LABEL z=1\nend of stage 0\n');
});

test('errors name the file or the line', () => {
  assert.throws(() => plan(''), { message: 'the Dockerfile (Dockerfile) cannot be empty' });
  assert.throws(() => plan('FROM a\nENV x'), { message: 'failed to parse Dockerfile: ENV must have two arguments' });
  assert.throws(() => plan('FROM a\nFOO'), { message: 'dockerfile parse error on line 2: unknown instruction: FOO (did you mean FROM?)' });
});
