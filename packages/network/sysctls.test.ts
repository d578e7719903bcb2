import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';

const readonly = 'mount --bind /proc/sys /proc/sys && mount -o remount,bind,ro /proc/sys';
const name = 'net/ipv4/ip_default_ttl';

/** What `told` is in the face of the module, a name and a value, in namespaces of its own, whose /proc/sys is read-only where `first` says so. */
function inside(told: string, sysctl: string, value: string, first = ':'): string {
  const program = `const it = await import(process.argv[1]); const [name, value] = process.argv.slice(2); console.log(${told});`;
  const words = [process.execPath, '--input-type=module', '-e', program, '--', new URL('sysctls.ts', import.meta.url).pathname, sysctl, value];
  const { stdout, stderr } = spawnSync('unshare', ['--map-root-user', '--mount', '--net', 'sh', '-c', `${first} && exec "$@"`, 'sh', ...words], { encoding: 'utf8' });
  return stdout.trim() || (/code: '(\w+)'/.exec(stderr)?.[1] ?? stderr);
}

test('a sysctl is set and what it was is given; one that may not be written is no error where it is as asked', () => {
  const exchanged = (...words: [sysctl: string, value: string, first?: string]) => inside('JSON.stringify(it.exchangeSysctl(name, value)) ?? "none"', ...words);
  const given = [exchanged(name, '65'), exchanged(name, '64'), exchanged(name, '64', readonly), exchanged(name, '65', readonly), exchanged('net/ipv4/none', '1', readonly)];
  assert.deepEqual(given, ['"64"', '"64"', '"64"', 'EROFS', 'none']);
});

test('a sysctl that is changed for a while is what it was afterwards', () => {
  const changed = (...words: [sysctl: string, value: string, first?: string]) =>
    inside('((change) => [change && it.readSysctl(name), change?.[Symbol.dispose](), it.readSysctl(name)].join(" "))(it.changeSysctl(name, value))', ...words);
  const given = [changed(name, '65'), changed(name, '64'), changed(name, '64', readonly), changed(name, '65', readonly), changed('net/ipv4/none', '1', readonly)];
  assert.deepEqual(given, ['65  64', '64  64', '64  64', 'EROFS', '']);
});
