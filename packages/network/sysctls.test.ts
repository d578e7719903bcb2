import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';

/** In namespaces of its own, whose /proc/sys is read-only where `first` says so. */
function exchanged(name: string, value: string, first = ':'): string {
  const program = 'const { exchangeSysctl } = await import(process.argv[1]); console.log(JSON.stringify(exchangeSysctl(process.argv[2], process.argv[3])) ?? "none");';
  const words = [process.execPath, '--input-type=module', '-e', program, '--', new URL('sysctls.ts', import.meta.url).pathname, name, value];
  const { stdout, stderr } = spawnSync('unshare', ['--map-root-user', '--mount', '--net', 'sh', '-c', `${first} && exec "$@"`, 'sh', ...words], { encoding: 'utf8' });
  return stdout.trim() || (/code: '(\w+)'/.exec(stderr)?.[1] ?? stderr);
}

test('a sysctl is set and what it was is given; one that may not be written is no error where it is as asked', () => {
  const readonly = 'mount --bind /proc/sys /proc/sys && mount -o remount,bind,ro /proc/sys';
  const name = 'net/ipv4/ip_default_ttl';
  const given = [exchanged(name, '65'), exchanged(name, '64'), exchanged(name, '64', readonly), exchanged(name, '65', readonly), exchanged('net/ipv4/none', '1', readonly)];
  assert.deepEqual(given, ['"64"', '"64"', '"64"', 'EROFS', 'none']);
});
