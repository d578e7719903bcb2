import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { ownDefaults, userDirectories } from './directories.ts';
import { enterArguments, keepArguments } from './enter.ts';
import { startTimeOf } from '#kernel';
import { readHome, writeHome } from './home.ts';
import { isUplink, pastaArguments, slirpArguments } from './uplink.ts';

const home = { pid: 7, started: '99', uplink: { name: 'pasta', pid: 8, started: '100' } };

test("a user's daemon keeps its things where the user may write", () => {
  const directories = userDirectories({ HOME: '/home/eve', XDG_RUNTIME_DIR: '/run/user/1001' }, 1001);
  assert.equal(directories['host'], 'unix:///run/user/1001/naru/naru.sock');
  assert.equal(directories['data-root'], '/home/eve/.local/share/naru');
  assert.equal(directories['config-file'], '/home/eve/.config/naru/daemon.json');
  assert.equal(userDirectories({ HOME: '/home/eve' }, 1001)['exec-root'], '/tmp/naru-1001/naru');
});

test("root's daemon has the flags' own defaults, a rootless one its owner's also where it is root", () => {
  assert.deepEqual(ownDefaults({}, 0), {});
  assert.equal(ownDefaults({ HOME: '/home/eve', NARU_ROOTLESS_UID: '1001' }, 0)['exec-root'], '/tmp/naru-1001/naru');
});

test('the home has all of the ids and a network of its own where there is an uplink', () => {
  const words = keepArguments({ ownNetwork: true, manyIds: true });
  assert.deepEqual(words.slice(0, 7), ['--user', '--map-root-user', '--map-auto', '--mount', '--propagation', 'slave', '--net']);
  const alone = keepArguments({ ownNetwork: false, manyIds: false });
  assert.ok(!alone.includes('--net') && !alone.includes('--map-auto'));
});

test("a daemon enters the home's namespaces, the network's only where that is not the host's", () => {
  assert.deepEqual(enterArguments(home, '/w'), ['-t', '7', '--user', '--preserve-credentials', '--mount', '--net', '--wdns=/w', '--']);
  assert.ok(!enterArguments({ ...home, uplink: null }, '/w').includes('--net'));
});

test('uplinks are told whose network they connect', () => {
  assert.deepEqual(pastaArguments(7, '/x/pasta.pid').slice(-3), ['-P', '/x/pasta.pid', '7']);
  assert.deepEqual(slirpArguments(7).slice(-2), ['7', 'tap0']);
});

test('uplinks are known again by their words', () => {
  assert.ok(isUplink(['pasta', ...pastaArguments(7, '/x/pasta.pid')], '/x'));
  assert.ok(isUplink(['/x/slirp4netns.pid', ...slirpArguments(7)], '/x'));
  assert.ok(!isUplink(['pasta', ...pastaArguments(7, '/y/pasta.pid')], '/x'));
  assert.ok(!isUplink(['vim', '/x/pasta.pid'], '/x'));
});

test('a home whose process has ended, or whose number is somebody else\'s now, is none', () => {
  const directory = mkdtempSync(join(tmpdir(), 'naru-home-'));
  try {
    assert.equal(readHome(directory), undefined);
    const self = { pid: process.pid, started: startTimeOf(process.pid) ?? '', uplink: null };
    writeHome(directory, self);
    assert.deepEqual(readHome(directory), self);
    writeHome(directory, { ...self, started: '1' });
    assert.equal(readHome(directory), undefined);
    writeFileSync(join(directory, 'rootless.json'), '{"pid":');
    assert.equal(readHome(directory), undefined);
  } finally {
    rmSync(directory, { recursive: true });
  }
});
