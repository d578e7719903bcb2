import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ownerOf } from './owner.ts';

const files: Record<string, string> = { '/etc/passwd': 'root:x:0:0::/:\nbob:x:7:8::/:\n', '/etc/group': 'root:x:0:\nbob:x:9:\nstaff:x:50:bob\n' };
const owner = (chown: string): ReturnType<typeof ownerOf> => ownerOf(chown, async (path) => files[path]);

test('names, numbers, and a user that names its group', async () => {
  assert.deepEqual(await owner('bob:staff'), { uid: 7, gid: 50 });
  assert.deepEqual(await owner('bob'), { uid: 7, gid: 9 });
  assert.deepEqual(await owner('1000'), { uid: 1000, gid: 1000 });
  assert.deepEqual(await owner('3:staff'), { uid: 3, gid: 50 });
});

test('what the image does not know', async () => {
  const prefix = 'unable to convert uid/gid chown string to host mapping: ';
  await assert.rejects(owner('eve'), { message: `${prefix}can't find uid for user eve: no such user: eve` });
  await assert.rejects(owner('bob:eve'), { message: `${prefix}can't find gid for group eve: no such group: eve` });
  await assert.rejects(owner('a:b:c'), { message: `${prefix}invalid chown string format: a:b:c` });
  await assert.rejects(ownerOf('bob', async () => undefined), { message: `${prefix}can't find uid for user bob: no such user: bob` });
});
