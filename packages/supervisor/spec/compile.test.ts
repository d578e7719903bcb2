import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exampleSpec } from '../fakes.ts';
import { compileSpec, withHome } from './compile.ts';
import type { Situation } from './situation.ts';
import { allCapabilities } from '#spec';

const situation: Situation = {
  host: { capabilities: allCapabilities.filter((name) => name !== 'CAP_SYS_RESOURCE'), architecture: 'amd64', confined: false, ttyGroup: true, foreignNetwork: false, appArmor: false, kernel: '6.1.0' },
  user: { uid: 0, gid: 0, additionalGids: [0], home: '/root' },
  joined: {},
  etcFiles: ['resolv.conf', 'hostname', 'hosts'].map((name) => ({ destination: `/etc/${name}`, source: `/c/${name}` })),
  rootPath: '/c/rootfs',
  consoleSize: undefined,
  hostDevices: [{ type: 'c', path: '/dev/kvm', major: 10, minor: 232, fileMode: 0o660, uid: 0, gid: 0 }],
};

test('an ordinary container: the document that dockerd writes', () => {
  const { process, linux, hostname, mounts } = compileSpec(exampleSpec(), situation);
  assert.deepEqual(process?.user, { uid: 0, gid: 0, additionalGids: [0] });
  assert.deepEqual(process?.env, ['PATH=/bin', 'HOSTNAME=aaaaaaaaaaaa', 'HOME=/root']);
  assert.deepEqual(withHome(['HOME=', 'A='], '/root'), ['A=', 'HOME=/root']);
  assert.deepEqual(withHome(['HOME=/x'], '/root'), ['HOME=/x']);
  assert.equal(process?.capabilities?.bounding?.length, 14);
  assert.equal(process?.capabilities?.ambient, undefined);
  assert.equal(hostname, 'aaaaaaaaaaaa');
  assert.equal(linux?.cgroupsPath, `/naru/${'a'.repeat(64)}`);
  assert.deepEqual(linux?.namespaces?.map((namespace) => namespace.type), ['mount', 'network', 'uts', 'pid', 'ipc']);
  assert.deepEqual(linux?.sysctl, { 'net.ipv4.ip_unprivileged_port_start': '0', 'net.ipv4.ping_group_range': '0 2147483647' });
  assert.deepEqual(
    mounts?.map((mount) => mount.destination),
    ['/proc', '/dev', '/dev/pts', '/sys', '/sys/fs/cgroup', '/dev/mqueue', '/dev/shm', '/etc/resolv.conf', '/etc/hostname', '/etc/hosts'],
  );
  assert.deepEqual(linux?.resources?.devices?.[0], { allow: false, access: 'rwm' });
  assert.ok(linux?.seccomp);
});

test('privileged: every capability the daemon has, its devices, nothing hidden', () => {
  const spec = exampleSpec();
  const { process, linux, mounts } = compileSpec({ ...spec, security: { ...spec.security, privileged: true } }, situation);
  assert.equal(process?.capabilities?.effective?.length, 40);
  assert.equal(process?.capabilities?.effective?.includes('CAP_SYS_RESOURCE'), false);
  assert.equal(linux?.seccomp, undefined);
  assert.deepEqual(linux?.maskedPaths, []);
  assert.deepEqual(linux?.devices?.map((device) => device.path), ['/dev/kvm']);
  assert.deepEqual(linux?.resources?.devices, [{ allow: true, access: 'rwm' }]);
  assert.deepEqual(mounts?.find((mount) => mount.destination === '/sys')?.options, ['nosuid', 'noexec', 'nodev']);
});

test("the host's namespaces are left out, a container's are joined by path", () => {
  const spec = exampleSpec({
    namespaces: { pid: { container: 'b' }, ipc: 'host', uts: 'host', cgroup: 'private', user: 'host' },
    network: { mode: 'container', container: 'b' },
  });
  const { linux, hostname, mounts } = compileSpec(spec, { ...situation, joined: { pid: '/proc/7/ns/pid', network: '/proc/7/ns/net' } });
  assert.deepEqual(linux?.namespaces, [
    { type: 'mount' },
    { type: 'network', path: '/proc/7/ns/net' },
    { type: 'pid', path: '/proc/7/ns/pid' },
    { type: 'cgroup' },
  ]);
  assert.deepEqual(linux?.sysctl, {});
  assert.equal(hostname, undefined);
  assert.equal(mounts?.find((mount) => mount.destination === '/dev/shm')?.type, 'bind');
});

test("a user's mount takes the place of a default one, and parents come before children", () => {
  const spec = exampleSpec({
    mounts: [
      { destination: '/a/b/c', type: 'bind', source: '/x', options: ['rbind'] },
      { destination: '/dev/shm', type: 'tmpfs', source: 'tmpfs', options: ['size=1m'] },
      { destination: '/a', type: 'bind', source: '/y', options: ['rbind', 'rshared'] },
      { destination: '/etc/hosts', type: 'bind', source: '/h', options: ['rbind'] },
    ],
  });
  const { mounts, linux } = compileSpec(spec, situation);
  const destinations = mounts?.map((mount) => mount.destination) ?? [];
  assert.equal(destinations.filter((path) => path === '/dev/shm').length, 1);
  assert.equal(destinations.filter((path) => path === '/etc/hosts').length, 1);
  assert.ok(destinations.indexOf('/a') < destinations.indexOf('/a/b/c'));
  assert.equal(linux?.rootfsPropagation, 'shared');
});

test('capabilities: drop all then add, add all but one', () => {
  const spec = exampleSpec();
  const granted = (capAdd: string[], capDrop: string[]) =>
    compileSpec({ ...spec, security: { ...spec.security, capAdd, capDrop } }, situation).process?.capabilities?.bounding ?? [];
  assert.deepEqual(granted(['CAP_KILL'], ['ALL']), ['CAP_KILL']);
  assert.equal(granted(['ALL'], ['CAP_MKNOD']).length, 39);
  assert.equal(granted(['CAP_NET_ADMIN'], ['CAP_MKNOD']).at(-1), 'CAP_NET_ADMIN');
});

test('containers with the same capabilities share one seccomp profile', () => {
  assert.equal(compileSpec(exampleSpec(), situation).linux?.seccomp, compileSpec(exampleSpec({ id: 'b'.repeat(64) }), situation).linux?.seccomp);
});
