import assert from 'node:assert/strict';
import { env } from 'node:process';
import { test } from 'node:test';
import { platformFlag } from './platform-flag.ts';

test('the environment stands in for a platform, as it is when the command runs', () => {
  const before = env['DOCKER_DEFAULT_PLATFORM'];
  const flag = platformFlag();
  try {
    delete env['DOCKER_DEFAULT_PLATFORM'];
    assert.deepEqual([flag.initial, flag.shown], ['', '']);
    env['DOCKER_DEFAULT_PLATFORM'] = 'linux/arm64';
    assert.deepEqual([flag.initial, flag.shown], ['linux/arm64', '"linux/arm64"']);
  } finally {
    if (before === undefined) delete env['DOCKER_DEFAULT_PLATFORM'];
    else env['DOCKER_DEFAULT_PLATFORM'] = before;
  }
});
