import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { expandInstruction, parseDockerfile, readStages, type ContainerDefaults } from '#spec';
import { BuildArgs } from '../args.ts';
import { StageState } from '../state.ts';
import { exposedPorts } from './expose.ts';
import { applyMetadata, type MetadataInstruction } from './metadata.ts';

/** Applies the lines and gives the last comment with the configuration it led to. */
function apply(lines: string, base: ContainerDefaults = {}): { comment: string; state: StageState; told: string[][] } {
  const state = new StageState(undefined, new BuildArgs({}), '\\');
  state.config = { ...state.config, ...base };
  const told: string[][] = [];
  let comment = '';
  for (const instruction of readStages(parseDockerfile(`FROM scratch\n${lines}`).nodes).stages[0]?.instructions ?? []) {
    const expanded = expandInstruction(instruction, (word) => state.expand(word)) as MetadataInstruction;
    comment = applyMetadata(state, expanded, (replaced) => told.push([...replaced]));
  }
  return { comment, state, told };
}

describe('what each instruction leaves in config and history', () => {
  test('ENV replaces in place and sees what was before it', () => {
    const { comment, state } = apply('ENV a=1 b=2\nENV a=$b b=$a');
    assert.equal(comment, 'ENV a=2 b=1');
    assert.deepEqual(state.config.Env?.slice(1), ['a=2', 'b=1']);
  });

  test('ARG is seen by what follows and beaten by ENV', () => {
    const { state } = apply('ARG v=1 w\nENV x=$v y=${w:-none}\nENV v=9\nENV z=$v');
    assert.deepEqual(state.config.Env?.slice(1), ['x=1', 'y=none', 'v=9', 'z=9']);
    assert.equal(apply('ARG v=1 w').comment, 'ARG v=1 w');
  });

  test('CMD and ENTRYPOINT', () => {
    assert.equal(apply('CMD ["a","b c"]').comment, 'CMD ["a" "b c"]');
    assert.deepEqual(apply('SHELL ["/bin/bash","-c"]\nCMD a b').state.config.Cmd, ['/bin/bash', '-c', 'a b']);
    assert.equal(apply('ENTRYPOINT x').comment, 'ENTRYPOINT ["/bin/sh" "-c" "x"]');
    assert.equal(apply('ENTRYPOINT ["x"]', { Cmd: ['inherited'] }).state.config.Cmd, null);
    assert.deepEqual(apply('CMD ["mine"]\nENTRYPOINT ["x"]').state.config.Cmd, ['mine']);
    const emptied = apply('ENTRYPOINT []', { Entrypoint: ['x'] });
    assert.deepEqual([emptied.comment, emptied.state.config.Entrypoint], ['ENTRYPOINT []', null]);
  });

  test('LABEL, USER, VOLUME, STOPSIGNAL, SHELL, ONBUILD, MAINTAINER', () => {
    assert.equal(apply('LABEL a="b c" d=e').comment, 'LABEL a=b c d=e');
    assert.equal(apply('USER a:b').state.config.User, 'a:b');
    assert.equal(apply('VOLUME /a /b').comment, 'VOLUME [/a /b]');
    assert.equal(apply('STOPSIGNAL SIGUSR1').comment, 'STOPSIGNAL SIGUSR1');
    assert.throws(() => apply('STOPSIGNAL NOPE'), { message: 'invalid signal: NOPE' });
    assert.equal(apply('SHELL ["/bin/bash","-c"]').comment, 'SHELL [/bin/bash -c]');
    assert.deepEqual(apply('ONBUILD RUN x').state.config.OnBuild, ['RUN x']);
    assert.equal(apply('MAINTAINER me').state.author, 'me');
    assert.equal(apply('WORKDIR /a\nWORKDIR b/../c').comment, 'WORKDIR /a/c');
  });

  test('HEALTHCHECK shows as Go shows it, and tells what it replaces', () => {
    const { comment, told } = apply('HEALTHCHECK CMD old\nHEALTHCHECK --interval=5s --retries=3 CMD curl "x"');
    assert.equal(comment, `HEALTHCHECK &{["CMD-SHELL" "curl \\"x\\""] "5s" "0s" "0s" "0s" '\\x03'}`);
    assert.deepEqual(told, [['CMD-SHELL', 'old']]);
  });

  test('what a HEALTHCHECK leaves open is as it was', () => {
    const { state, comment } = apply('HEALTHCHECK --interval=5s --retries=3 CMD old\nHEALTHCHECK --timeout=1s CMD new');
    assert.deepEqual(state.config.Healthcheck, { Test: ['CMD-SHELL', 'new'], Interval: 5e9, Timeout: 1e9, Retries: 3 });
    assert.equal(comment, `HEALTHCHECK &{["CMD-SHELL" "new"] "0s" "1s" "0s" "0s" '\\x00'}`);
    assert.deepEqual(apply('HEALTHCHECK NONE', { Healthcheck: { Test: ['CMD', 'x'], Interval: 7 } }).state.config.Healthcheck, { Test: ['NONE'], Interval: 7 });
  });

  test('EXPOSE: one word may hold several ports', () => {
    const { comment, state } = apply('ENV p="80 443"\nEXPOSE $p 53/udp');
    assert.equal(comment, 'EXPOSE 80 443 53/udp');
    assert.deepEqual(Object.keys(state.config.ExposedPorts ?? {}), ['80/tcp', '443/tcp', '53/udp']);
  });
});

describe('ports', () => {
  test('ranges, protocols, host parts', () => {
    assert.deepEqual(exposedPorts('8000-8002/UDP'), ['8000/udp', '8001/udp', '8002/udp']);
    assert.deepEqual(exposedPorts('127.0.0.1:8080:80'), ['80/tcp']);
  });

  test('refused in Docker\'s words', () => {
    const cases = { abc: 'Invalid containerPort: abc', '80/x': 'Invalid proto: x', '9-8': 'Invalid containerPort: 9-8', '70000': 'Invalid containerPort: 70000', '/tcp': 'No port specified: /tcp<empty>', 'x:80': 'Invalid hostPort: x' };
    for (const [word, message] of Object.entries(cases)) assert.throws(() => exposedPorts(word), { message });
  });
});
