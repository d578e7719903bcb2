import assert from 'node:assert/strict';
import { test } from 'node:test';
import { operatingSystem } from './host.ts';

test('os-release is read with quotes and without', () => {
  assert.deepEqual(operatingSystem('PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nVERSION_ID=12\n'), { name: 'Debian GNU/Linux 12 (bookworm)', version: '12' });
  assert.deepEqual(operatingSystem("PRETTY_NAME='Alpine'\n"), { name: 'Alpine', version: '' });
  assert.deepEqual(operatingSystem(''), { name: 'Linux', version: '' });
});
