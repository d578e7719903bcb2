import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OciSpec } from '#spec';
import { rootlessOf } from './rootless.ts';

const spec = (size: number, user = true): OciSpec => ({
  ociVersion: '1.2.0',
  linux: {
    namespaces: user ? [{ type: 'user' }] : [],
    uidMappings: [{ containerID: 0, hostID: 1001, size }],
    gidMappings: [{ containerID: 0, hostID: 1001, size }],
  },
});

test("root needs nobody's help", () => assert.equal(rootlessOf(spec(1), 0, 0), undefined));

test('a user maps himself alone without help', () => assert.deepEqual(rootlessOf(spec(1), 1001, 1001), { joined: false, mappers: undefined }));

test('a container without a user namespace, or with maps missing, is refused in words', () => {
  assert.throws(() => rootlessOf(spec(1, false), 1001, 1001), /requires user namespaces/);
  assert.throws(() => rootlessOf({ ...spec(1), linux: { namespaces: [{ type: 'user' }] } }, 1001, 1001), /at least one UID mapping/);
});

test('a user namespace that is joined has its maps, and its word on groups', () => {
  const joining = (path: string): OciSpec => ({ ociVersion: '1.2.0', linux: { namespaces: [{ type: 'user', path }] } });
  assert.deepEqual(rootlessOf(joining(`/proc/${process.pid}/ns/user`), 1001, 1001), { joined: true, groupsDenied: false });
  assert.deepEqual(rootlessOf(joining('/run/kept/user'), 1001, 1001), { joined: true, groupsDenied: false });
});

test('groups cannot be set where setgroups is denied', () => {
  const process = { args: ['id'], cwd: '/', user: { uid: 0, gid: 0, additionalGids: [5] } };
  assert.throws(() => rootlessOf({ ...spec(1), process }, 1001, 1001), /cannot set any additional groups/);
});
