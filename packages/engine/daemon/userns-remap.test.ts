import assert from 'node:assert/strict';
import { test } from 'node:test';
import { idMapOf } from './userns-remap.ts';

const files: Record<string, string> = {
  '/etc/passwd': 'root:x:0:0::/:\nann:x:1000:1000::/:\n',
  '/etc/group': 'root:x:0:\nann:x:1000:\ncrew:x:50:\n',
  '/etc/subuid': 'ann:200000:65536\n1000:100000:10\n',
  '/etc/subgid': 'ann:300000:65536\ncrew:400000:5\n',
};
const of = (remap: string) => idMapOf(remap, (path) => files[path] ?? '');

test('ranges by name and number, one after the other; a group of its own', () => {
  assert.equal(of(''), undefined);
  assert.deepEqual(of('ann'), {
    uids: [{ containerID: 0, hostID: 100_000, size: 10 }, { containerID: 10, hostID: 200_000, size: 65_536 }],
    gids: [{ containerID: 0, hostID: 300_000, size: 65_536 }],
  });
  assert.deepEqual(of('1000:crew')?.gids, [{ containerID: 0, hostID: 400_000, size: 5 }]);
});

test('nobody, nobody\'s ranges, too many words', () => {
  assert.throws(() => of('bob'), /Error during uid lookup for "bob": no such user/);
  assert.throws(() => of('root'), /no subuid ranges found for user "root"/);
  assert.throws(() => of('default'), /no subuid ranges found for user "dockremap"/);
  assert.throws(() => of('a:b:c'), /invalid user\/group specification/);
});
