import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseMountRequest } from './mount-request.ts';
import { tmpfsMountOptions } from './tmpfs.ts';

test('a subpath stays inside its volume or image', () => {
  for (const Subpath of ['/etc', '../etc', 'a/../../etc']) {
    const message = { name: 'InvalidArgument', message: /subpath must be a relative path within the volume/ };
    assert.throws(() => parseMountRequest({ Type: 'image', Source: 'busybox', Target: '/at', ImageOptions: { Subpath } }, () => true), message);
    assert.throws(() => parseMountRequest({ Type: 'volume', Source: 'data', Target: '/at', VolumeOptions: { Subpath } }, () => true), message);
  }
  assert.equal(parseMountRequest({ Type: 'image', Source: 'busybox', Target: '/at', ImageOptions: { Subpath: 'etc/..x' } }, () => true).subpath, 'etc/..x');
});

test('an option of tmpfs is refused by its name alone', () => {
  assert.throws(() => tmpfsMountOptions('size=1m,bogus=1'), { message: 'invalid tmpfs option "bogus"' });
});
