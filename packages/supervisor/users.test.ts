import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lookupUser, parseUserDatabase } from './users.ts';

const database = parseUserDatabase(
  'root:x:0:0:root:/root:/bin/sh\n# a comment\n\nwww:x:33:33::/var/www:/usr/sbin/nologin\nnobody:x:65534:65534\n',
  'root:x:0:\nadm:x:4:www,root\nwww:x:33:\naudio:x:29:www\n',
);

test('nobody named: root, with the groups that list it', () => {
  assert.deepEqual(lookupUser('', [], database), { uid: 0, gid: 0, additionalGids: [0, 4], home: '/root' });
});

test('by name, by number, and a number nobody has', () => {
  assert.deepEqual(lookupUser('www', [], database), { uid: 33, gid: 33, additionalGids: [33, 4, 29], home: '/var/www' });
  assert.deepEqual(lookupUser('33', [], database), { uid: 33, gid: 33, additionalGids: [33, 4, 29], home: '/var/www' });
  assert.deepEqual(lookupUser('1000', [], database), { uid: 1000, gid: 0, additionalGids: [0], home: '/' });
  assert.deepEqual(lookupUser('nobody', [], database).home, '/');
});

test('a group given takes the place of all others', () => {
  assert.deepEqual(lookupUser('www:adm', [], database), { uid: 33, gid: 4, additionalGids: [4], home: '/var/www' });
  assert.deepEqual(lookupUser('1000:1000', [], database), { uid: 1000, gid: 1000, additionalGids: [1000], home: '/' });
});

test('--group-add by name and number', () => {
  assert.deepEqual(lookupUser('1000:1000', ['audio', '5'], database).additionalGids, [1000, 29, 5]);
  assert.throws(() => lookupUser('', ['nope'], database), { message: 'Unable to find group nope: no matching entries in group file' });
});

test('an image without the files', () => {
  const none = parseUserDatabase('', '');
  assert.deepEqual(lookupUser('', [], none), { uid: 0, gid: 0, additionalGids: [0], home: '/' });
  assert.throws(() => lookupUser('nouser', [], none), { message: 'unable to find user nouser: no matching entries in passwd file' });
  assert.throws(() => lookupUser('0:nogroup', [], none), { message: 'unable to find group nogroup: no matching entries in group file' });
  assert.throws(() => lookupUser('4294967296', [], none), { kind: 'InvalidArgument' });
});
