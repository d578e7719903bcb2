import assert from 'node:assert/strict';
import { test } from 'node:test';
import { versionFor } from './unaware-clients.ts';

test('who asks in the newest version without knowing it is answered in one that he knows', () => {
  const compose = 'docker-compose/1.29.2 docker-py/5.0.3 Linux/6.1';
  assert.equal(versionFor(compose, '1.55'), '1.45');
  assert.equal(versionFor(compose, '1.38'), '1.38');
  assert.equal(versionFor('docker-sdk-python/7.1.0', '1.55'), '1.51');
  assert.equal(versionFor('docker-sdk-python/5.0.3', '1.41'), '1.41');
  for (const other of [undefined, '', 'Docker-Client/28.2.2 (linux)', 'compose/2.26.1', 'docker-compose/2.0']) assert.equal(versionFor(other, '1.55'), '1.55');
});
