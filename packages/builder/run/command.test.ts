import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseDockerfile, readInstruction } from '#spec';
import { runCommand } from './command.ts';

function command(text: string): ReturnType<typeof runCommand> {
  const [node] = parseDockerfile(text).nodes;
  const instruction = node && readInstruction(node);
  assert.ok(instruction?.kind === 'run');
  return runCommand(instruction.command);
}

test('a here-document alone is the script', () => {
  assert.deepEqual(command('RUN <<EOF\necho a\necho $b\nEOF'), { args: ['echo a\necho $b\n'], script: undefined });
});

test('one with an interpreter of its own is a file', () => {
  assert.deepEqual(command('RUN <<EOF\n#!/usr/bin/python3\nx\nEOF'), {
    args: ['/dev/pipes/EOF'],
    script: { name: 'EOF', content: '#!/usr/bin/python3\nx\n' },
  });
});

test('a command with here-documents is the shell\'s to read', () => {
  assert.deepEqual(command('RUN cat <<A <<B > /x\n1\nA\n2\nB').args, ['cat <<A <<B > /x\n1\nA\n2\nB']);
});

test('without one nothing changes', () => {
  assert.deepEqual(command('RUN ["a", "<<b"]'), { args: ['a', '<<b'], script: undefined });
});
