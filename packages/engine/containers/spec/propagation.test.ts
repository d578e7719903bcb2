import assert from 'node:assert/strict';
import { test } from 'node:test';
import { plainMount } from './bind.ts';
import { requirePropagation, withPropagation } from './propagation.ts';

const bind = (source: string, propagation: string) => plainMount({ type: 'bind', source, destination: '/x', propagation });

test('what shows the data root is a slave unless it shares', () => {
  for (const source of ['/', '/var', '/var/lib/naru', '/var/lib/naru/containers']) {
    assert.equal(withPropagation(bind(source, ''), '/var/lib/naru').propagation, 'rslave', source);
    for (const kept of ['rslave', 'rshared']) assert.equal(withPropagation(bind(source, kept), '/var/lib/naru').propagation, kept);
    for (const refused of ['private', 'rprivate', 'slave', 'shared']) assert.throws(() => withPropagation(bind(source, refused), '/var/lib/naru'), /must use either propagation mode/);
  }
  for (const source of ['/var/lib/naru2', '/va', '/tmp']) assert.equal(withPropagation(bind(source, ''), '/var/lib/naru').propagation, '');
});

test('a bind shares or follows only as its source does', () => {
  const mountinfo = () => ['1 0 8:1 / / rw - ext4 a rw', '2 1 0:1 / /usr rw shared:7 - tmpfs b rw', '3 2 0:2 / /usr/bin rw master:7 - tmpfs c rw', '4 1 0:3 / /us\\162 rw - tmpfs d rw'].join('\n');
  requirePropagation(bind('/usr', ''), mountinfo);
  assert.throws(() => requirePropagation(bind('/etc', 'shared'), mountinfo), { message: 'path /etc is mounted on / but it is not a shared mount' });
  assert.throws(() => requirePropagation(bind('/etc', 'rslave'), mountinfo), { message: 'path /etc is mounted on / but it is not a shared or slave mount' });
  requirePropagation(bind('/usr/bin', 'slave'), mountinfo);
  assert.throws(() => requirePropagation(bind('/usr/bin', 'rshared'), mountinfo), { message: 'path /usr/bin is mounted on /usr/bin but it is not a shared mount' });
  assert.throws(() => requirePropagation(bind('/usr', 'shared'), mountinfo), { message: 'path /usr is mounted on /usr but it is not a shared mount' });
});
