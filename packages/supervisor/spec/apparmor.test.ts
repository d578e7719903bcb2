import assert from 'node:assert/strict';
import { test } from 'node:test';
import { profileFor } from './apparmor.ts';

test('a container has the profile that it names, else the default one; none when privileged, or where there is no AppArmor', () => {
  const host = { appArmor: true };
  assert.equal(profileFor({ privileged: false }, host), 'docker-default');
  assert.equal(profileFor({ privileged: false, apparmor: '' }, host), 'docker-default');
  assert.equal(profileFor({ privileged: false, apparmor: 'mine' }, host), 'mine');
  assert.equal(profileFor({ privileged: true, apparmor: 'mine' }, host), 'unconfined');
  assert.equal(profileFor({ privileged: false, apparmor: 'mine' }, { appArmor: false }), undefined);
});
