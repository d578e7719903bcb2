import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeRemapUser, type UserTools } from './remap-user.ts';

/** Tools over files of text; what was run is written down. */
function tools(files: Partial<Record<string, string>>, missing: readonly string[] = []): UserTools & { readonly ran: string[] } {
  const ran: string[] = [];
  return {
    ran,
    read: (file) => files[file] ?? '',
    make: () => {},
    run: (command, args) => {
      if (missing.includes(command)) throw Object.assign(new Error(`spawnSync ${command} ENOENT`), { code: 'ENOENT' });
      ran.push([command, ...args].join(' '));
    },
  };
}

test('the user that default means is made, with ids that nobody has', () => {
  const bare = tools({ '/etc/passwd': 'root:x:0:0::/:\n' });
  makeRemapUser('default', bare);
  assert.deepEqual(bare.ran, [
    'useradd --system --user-group --no-create-home --shell /bin/false dockremap',
    'usermod --add-subuids 100000-165535 dockremap', 'usermod --add-subgids 100000-165535 dockremap',
  ]);
  const crowded = tools({ '/etc/subuid': 'c:500000:10\nb:150000:65536\na:100000:65536\n', '/etc/subgid': 'dockremap:1:2\n' }, ['useradd']);
  makeRemapUser('default', crowded);
  assert.deepEqual(crowded.ran.map((line) => line.split(' ').slice(0, 3).join(' ')), ['adduser --system --shell', 'usermod --add-subuids 215536-281071']);
});

test('a user who has no ids yet gets them', () => {
  const half = tools({ '/etc/passwd': 'dockremap:x:9:8::/:\n', '/etc/subuid': '8:100000:65536\n', '/etc/subgid': 'dockremap:100000:65536\n' });
  makeRemapUser('default', half);
  assert.deepEqual(half.ran, ['usermod --add-subuids 165536-231071 dockremap']);
});

test('a user who is there stays as he is, and so do all others', () => {
  const there = tools({ '/etc/passwd': 'dockremap:x:9:8::/:\n', '/etc/subuid': '9:100000:65536\n', '/etc/subgid': '8:100000:65536\n' });
  makeRemapUser('default', there);
  for (const remap of ['', 'ann', 'dockremap']) makeRemapUser(remap, tools({}, ['useradd', 'adduser']));
  assert.deepEqual(there.ran, []);
  assert.throws(() => makeRemapUser('default', tools({}, ['useradd', 'adduser'])), { kind: 'Internal', message: 'Error during "dockremap" user creation: spawnSync adduser ENOENT' });
});
