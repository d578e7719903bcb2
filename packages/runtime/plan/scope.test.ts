import assert from 'node:assert/strict';
import { test } from 'node:test';
import { scopeOf } from '../systemd/scope.ts';
import { inSlice, placeOf } from './scope.ts';

test('under systemd a container is docker-ID.scope in the slice that its cgroup is to be in', () => {
  const path = (cgroup: string) => scopeOf(inSlice({ ociVersion: '1.2.0' }, cgroup).linux?.cgroupsPath, 'id', false).path;
  assert.equal(path('/system.slice/abc'), '/system.slice/docker-abc.scope');
  assert.equal(path('/a-b.slice/abc'), '/a.slice/a-b.slice/docker-abc.scope');
  assert.throws(() => path('/mine/abc'), /invalid slice name: mine/);
});

test('elsewhere it is in the cgroup of its path', async () => {
  const place = await placeOf({ cgroupParent: '/naru', systemd: false }, { id: 'abc', spec: { ociVersion: '1.2.0' } });
  assert.deepEqual([place.cgroup.path, place.unit], ['/naru/abc', undefined]);
});
