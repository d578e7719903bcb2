import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseGitSource } from './git.ts';

test('repositories are told from other URLs', () => {
  assert.deepEqual(parseGitSource('https://h/r.git#main:sub'), { url: 'https://h/r.git', reference: 'main', directory: 'sub' });
  assert.deepEqual(parseGitSource('github.com/a/b'), { url: 'https://github.com/a/b', reference: '', directory: '' });
  assert.deepEqual(parseGitSource('git@h:a/b.git'), { url: 'git@h:a/b.git', reference: '', directory: '' });
  assert.deepEqual(parseGitSource('git://h/r#:dir'), { url: 'git://h/r', reference: '', directory: 'dir' });
  for (const other of ['https://h/context.tar.gz', 'http://h/Dockerfile', 'client-session']) assert.equal(parseGitSource(other), undefined);
});
