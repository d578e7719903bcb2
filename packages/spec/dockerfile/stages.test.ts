import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { environmentOf, expandWord } from './expand.ts';
import { expandInstruction } from './instructions/expand.ts';
import type { Instruction } from './instructions/model.ts';
import { readMount } from './instructions/run-mount.ts';
import { parseDockerfile } from './parse.ts';
import { findStage, readStages } from './stages.ts';

const read = (text: string): ReturnType<typeof readStages> => readStages(parseDockerfile(text).nodes);
const body = (line: string): Instruction => {
  const [instruction] = read(`FROM scratch\n${line}`).stages[0]?.instructions ?? [];
  assert.ok(instruction);
  return instruction;
};

describe('stages', () => {
  test('begin with FROM; ARGs before stand apart', () => {
    const { globalArgs, stages } = read('ARG v=1\nFROM --platform=$P a:$v AS Build\nRUN x\nFROM build\n');
    assert.deepEqual(globalArgs.map((arg) => arg.args), [[{ key: 'v', value: '1' }]]);
    assert.deepEqual(stages.map(({ base, name, platform, instructions }) => [base, name, platform, instructions.length]), [
      ['a:$v', 'build', '$P', 1],
      ['build', '', '', 0],
    ]);
    assert.equal(findStage(stages, 'BUILD'), 0);
    assert.equal(findStage(stages, 'x'), -1);
  });

  test('anything else before the first FROM has no stage', () => {
    assert.throws(() => read('RUN x'), { message: 'no build stage in current context' });
  });
});

describe('errors tell the line, in Docker\'s words', () => {
  const cases: Record<string, string> = {
    FOO: 'unknown instruction: FOO (did you mean FROM?)',
    'CPOY a b': 'unknown instruction: CPOY (did you mean COPY?)',
    'BADINSTR x': 'unknown instruction: BADINSTR',
    'cpoy a b': 'unknown instruction: cpoy (did you mean copy?)',
    'COPY --foo=1 a b': 'unknown flag: foo (did you mean from?)',
    'COPY --from a b': 'missing a value on flag: from',
    'COPY --from=x --from=y a b': 'duplicate flag specified: from',
    'COPY --link=maybe a b': 'expecting boolean value for flag link, not: maybe',
    'COPY a': 'COPY requires at least two arguments, but only one was provided. Destination could not be determined',
    'HEALTHCHECK FOO': 'Unknown type "FOO" in HEALTHCHECK (try CMD)',
    'HEALTHCHECK NONE x': 'HEALTHCHECK NONE takes no arguments',
    'HEALTHCHECK CMD': 'Missing command after HEALTHCHECK CMD',
    'HEALTHCHECK --interval=1us CMD x': 'Interval "interval" cannot be less than 1ms',
    'HEALTHCHECK --interval=soon CMD x': 'time: invalid duration "soon"',
    'HEALTHCHECK --retries=x CMD x': 'strconv.ParseInt: parsing "x": invalid syntax',
    'HEALTHCHECK --retries=-1 CMD x': '--retries cannot be negative (-1)',
    'ONBUILD ONBUILD RUN x': "Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed",
    'ONBUILD from x': "FROM isn't allowed as an ONBUILD trigger",
    ONBUILD: 'ONBUILD requires at least one argument',
    'SHELL /bin/sh': 'SHELL requires the arguments to be in JSON form',
    'SHELL []': 'SHELL requires at least one argument',
    'FROM a b': 'FROM requires either one or three arguments',
    'FROM a AS 1x': "invalid name for build stage: \"1x\", name can't start with a number or contain symbols",
    EXPOSE: 'EXPOSE requires at least one argument',
    USER: 'USER requires exactly one argument',
    ENV: 'ENV requires at least one argument',
    'ENV =x': 'ENV names can not be blank',
    'ARG =x': 'ARG names can not be blank',
    'VOLUME [""]': 'VOLUME specified can not be an empty string',
    'RUN --mount=from=$x,target=/y z': "'from' doesn't support variable expansion, define alias stage instead",
  };
  for (const [line, message] of Object.entries(cases)) {
    test(line, () => assert.throws(() => read(`FROM a\n\n${line}\n`), { message: `dockerfile parse error on line 3: ${message}` }));
  }
});

describe('instructions', () => {
  test('command lines', () => {
    const command = (line: string): unknown => {
      const instruction = body(line);
      return 'command' in instruction ? [instruction.command.args, instruction.command.shell] : undefined;
    };
    assert.deepEqual(command('RUN a  b'), [['a  b'], true]);
    assert.deepEqual(command('CMD ["a","b"]'), [['a', 'b'], false]);
    assert.deepEqual(command('ENTRYPOINT []'), [[], false]);
    assert.deepEqual(command('CMD'), [[], true]);
  });

  test('RUN keeps its flags in order', () => {
    const run = body('RUN --network=none --mount=type=tmpfs,target=/t --mount=target=/u x');
    assert.deepEqual(run.kind === 'run' && run.flags.map((flag) => flag.name), ['network', 'mount', 'mount']);
  });

  test('COPY with everything', () => {
    const copy = body('COPY --from=b --chown=1:2 --chmod=0644 --link --parents --exclude=*.o --exclude=x a c /d/');
    assert.ok(copy.kind === 'copy');
    const { sources, destination, from, chown, chmod, link, parents, exclude } = copy;
    assert.deepEqual([sources, destination, from, chown, chmod, link, parents, exclude],
      [['a', 'c'], '/d/', 'b', '1:2', '0644', true, true, ['*.o', 'x']]);
  });

  test('COPY of what the Dockerfile itself holds', () => {
    const copy = body('COPY <<-one two <<"three" /d/\n\tfirst\none\nthird\nthree');
    assert.ok(copy.kind === 'copy');
    assert.deepEqual(copy.sources, ['two']);
    assert.deepEqual(copy.inline, [
      { name: 'one', content: 'first\n', expand: true },
      { name: 'three', content: 'third\n', expand: false },
    ]);
  });

  test('a health check leaves out what was not said', () => {
    const check = body('HEALTHCHECK --interval=5s --retries=3 --timeout=0s CMD a b');
    assert.deepEqual(check.kind === 'healthcheck' && check.healthcheck, { Test: ['CMD-SHELL', 'a b'], Interval: 5e9, Retries: 3 });
    const none = body('HEALTHCHECK none');
    assert.deepEqual(none.kind === 'healthcheck' && none.healthcheck, { Test: ['NONE'] });
  });

  test('ONBUILD keeps its trigger as written', () => {
    const onbuild = body('onbuild  RUN <<X sh\necho\nX');
    assert.deepEqual(onbuild.kind === 'onbuild' && onbuild.trigger, 'RUN <<X sh\necho\nX');
  });
});

describe('expansion', () => {
  const env = environmentOf(['v=1', 'd=/x y']);
  const expanded = (line: string): Instruction => expandInstruction(body(line), (word) => expandWord(word, env, { escape: '\\' }).text);

  test('fills in what the language expands, quotes gone', () => {
    const pairs = (line: string): unknown => {
      const instruction = expanded(line);
      return 'pairs' in instruction ? instruction.pairs.map(({ key, value }) => `${key}=${value}`) : undefined;
    };
    assert.deepEqual(pairs('ENV a=$v b="$d"'), ['a=1', 'b=/x y']);
    assert.deepEqual(pairs('LABEL $v=${w:-z}'), ['1=z']);
    const copy = expanded('COPY --chown=$v --from=$v a$v ${d}/');
    assert.deepEqual(copy.kind === 'copy' && [copy.sources, copy.destination, copy.chown, copy.from], [['a1'], '/x y/', '1', '$v']);
  });

  test('leaves commands to the shell', () => {
    const run = expanded('RUN echo $v');
    assert.deepEqual(run.kind === 'run' && run.command.args, ['echo $v']);
  });
});

describe('RUN --mount', () => {
  const mount = (text: string): ReturnType<typeof readMount> => readMount(text, (word) => word.replace('$v', '1'));

  test('defaults depend on the type', () => {
    assert.deepEqual([mount('target=/x').type, mount('target=/x').readonly], ['bind', true]);
    assert.deepEqual([mount('type=cache,dst=/x,sharing=locked,mode=0700,uid=$v').readonly, mount('type=cache,mode=0700').mode], [false, 0o700]);
    assert.equal(mount('type=tmpfs,target=/x,size=1.5k').size, 1536);
    assert.equal(mount('type=bind,"source=a,b",rw').source, 'a,b');
    assert.equal(mount('type=secret,id=x,required').required, true);
  });

  test('refuses in BuildKit\'s words', () => {
    const cases: Record<string, string> = {
      'type=cach': 'unsupported mount type "cach" (did you mean cache?)',
      'targt=/x': "unexpected key 'targt' in 'targt=/x' (did you mean target?)",
      x: "invalid field 'x' must be a key=value pair",
      'mode=1': 'mode not allowed for "bind" type mounts',
      'size=1': "unexpected key 'size' for mount type 'bind'",
      'type=secret,from=x': 'secret mount should not have a from',
      'type=secret': 'invalid secret mount. one of source, target required',
      'type=secret,id=x,src=y': "both source and id can't be set",
      'ro=perhaps': 'invalid value for ro: perhaps',
      'type=cache,mode=9': 'invalid value 9 for mode',
    };
    for (const [text, message] of Object.entries(cases)) assert.throws(() => mount(text), { message }, text);
  });
});
