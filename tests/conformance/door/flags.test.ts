/** Switches of the daemon that containers feel, and the configuration file with its reload. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { call } from '../../support/api.ts';
import { root, run, until } from '../../support/command.ts';
import { Daemon } from '../../support/daemon.ts';
import { importBusybox } from '../../support/images.ts';
import { leaksOf } from '../../support/leaks.ts';
import { freePort } from '../../support/ports.ts';

const rootOnly = { skip: process.getuid?.() === 0 ? false : 'narud needs root' };

test('defaults for containers that say nothing themselves', rootOnly, async () => {
  await using daemon = await Daemon.start(
    '--default-ulimit', 'nofile=321:654', '--default-shm-size', '32m', '--log-opt', 'max-size=1m', '--log-opt', 'max-file=2', '--init', '--no-new-privileges',
    '--dns', '192.0.2.53', '--dns-search', 'naru.test', '--dns-opt', 'ndots:3', '--default-ipc-mode', 'shareable',
    '--bip', '10.214.0.1/24', '--fixed-cidr', '10.214.0.128/25', '--mtu', '1300', '--default-address-pool', 'base=10.215.0.0/16,size=28', '--ip', '127.0.0.1',
  );
  await importBusybox(daemon);
  const script = 'ulimit -n; df -k /dev/shm | tail -1 | awk "{print \\$2}"; cat /etc/resolv.conf; ip addr show eth0; readlink /proc/1/exe; grep NoNewPrivs /proc/self/status';
  const told = await daemon.ok('docker', ['run', '--name', 'plain', '-p', '80', 'busybox', 'sh', '-c', script]);
  assert.match(told, /^321\n32768\n/);
  assert.match(told, /nameserver 192\.0\.2\.53/);
  assert.match(told, /search naru\.test/);
  assert.match(told, /options ndots:3/);
  assert.match(told, /mtu 1300/);
  const [, last] = /inet 10\.214\.0\.(\d+)\/24/.exec(told) ?? [];
  assert.ok(Number(last) >= 128, told);
  assert.match(told, /NoNewPrivs:\s1/);
  const { HostConfig: host } = (await call(daemon, 'GET', '/containers/plain/json')).json();
  assert.deepEqual([host.LogConfig, host.Init, host.IpcMode, host.ShmSize], [{ Type: 'json-file', Config: { 'max-size': '1m', 'max-file': '2' } }, undefined, 'shareable', 32 << 20]);
  assert.equal(await daemon.ok('docker', ['run', '--rm', '--ulimit', 'nofile=11:12', 'busybox', 'sh', '-c', 'ulimit -n']), '11');
  assert.deepEqual(host.Ulimits ?? [], [], 'they are the daemon\'s of the day of each start');
  await daemon.ok('docker', ['network', 'create', 'pooled']);
  assert.match((await call(daemon, 'GET', '/networks/pooled')).json().IPAM.Config[0].Subnet, /^10\.215\.\d+\.\d+\/28$/);
  await daemon.ok('docker', ['run', '-d', '--name', 'published', '-p', '80', 'busybox', 'sleep', '100']);
  assert.match(await daemon.ok('docker', ['port', 'published']), /^80\/tcp -> 127\.0\.0\.1:\d+$/);
  assert.deepEqual((await call(daemon, 'GET', '/info')).json().DefaultAddressPools, [{ Base: '10.215.0.0/16', Size: 28 }]);
});

test('an IPv6 address of the default bridge, and a range in its subnet', rootOnly, async () => {
  await using daemon = await Daemon.start('--ipv6', '--bip6', '2001:db8:76::9/64', '--fixed-cidr-v6', '2001:db8:76::a:0/112');
  await importBusybox(daemon);
  const told = await daemon.ok('docker', ['run', '--rm', 'busybox', 'sh', '-c', 'ip -6 addr show eth0; ip -6 route']);
  assert.match(told, /inet6 2001:db8:76::a:[0-9a-f]+\/64/);
  assert.match(told, /default via 2001:db8:76::9 dev eth0/);
  const config = (await call(daemon, 'GET', '/networks/bridge')).json().IPAM.Config.find(({ Subnet }: { Subnet: string }) => Subnet.includes(':'));
  assert.deepEqual(config, { Subnet: '2001:db8:76::/64', IPRange: '2001:db8:76::a:0/112', Gateway: '2001:db8:76::9' });
});

test('gateways and IPv6 of the default bridge, a seccomp profile, and an init of the administrator\'s own', rootOnly, async () => {
  const init = join(await mkdtemp(join(tmpdir(), 'naru-init-')), 'init');
  await using _ = { [Symbol.asyncDispose]: () => rm(dirname(init), { recursive: true }) };
  await writeFile(init, '#!/bin/sh\nshift\nexec env INIT=$$ "$@"\n', { mode: 0o755 });
  await using daemon = await Daemon.start(
    '--bip', '10.216.0.1/24', '--default-gateway', '10.216.0.254', '--ipv6', '--fixed-cidr-v6', '2001:db8:77::/64', '--default-gateway-v6', '2001:db8:77::fe', '--host-gateway-ip', '192.0.2.77',
    '--seccomp-profile', 'unconfined', '--init-path', init, '--experimental', '--no-new-privileges', '--containerd', '/run/containerd/containerd.sock',
  );
  await importBusybox(daemon);
  const script = 'ip route; ip -6 route; ip -6 addr show eth0; grep Seccomp: /proc/self/status; cat /etc/hosts; echo INIT=$INIT';
  const told = await daemon.ok('docker', ['run', '--rm', '--init', '--mac-address', '02:aa:bb:cc:dd:ee', '--add-host', 'here:host-gateway', 'busybox', 'sh', '-c', script]);
  assert.match(told, /default via 10\.216\.0\.254 dev eth0/);
  assert.match(told, /default via 2001:db8:77::fe dev eth0/);
  assert.match(told, /inet6 2001:db8:77::2aa:bbcc:ddee\/64/);
  assert.match(told, /Seccomp:\s0\n/);
  assert.match(told, /192\.0\.2\.77\s+here/);
  assert.match(told, /INIT=1$/);
  assert.match(await daemon.ok('docker', ['run', '--rm', '--security-opt', 'seccomp=builtin', 'busybox', 'grep', 'Seccomp:', '/proc/self/status']), /Seccomp:\s2/);
  const info = (await call(daemon, 'GET', '/info')).json();
  assert.equal(info.ExperimentalBuild, true);
  assert.deepEqual(info.SecurityOptions.filter((option: string) => /seccomp|privileges/.test(option)), ['name=seccomp,profile=unconfined', 'name=no-new-privileges']);
  assert.ok(info.Warnings.includes('WARNING: daemon is not using the default seccomp profile'));
  assert.match(daemon.log, /level=warn msg="containerd changes nothing: containers are made without a containerd"/);
});

test('SIGHUP takes over what can change, and leaves everything as it is when the file is wrong', rootOnly, async () => {
  const directory = await mkdtemp(join(tmpdir(), 'naru-file-'));
  await using _ = { [Symbol.asyncDispose]: () => rm(directory, { recursive: true }) };
  const file = join(directory, 'daemon.json');
  const write = (document: object): Promise<void> => writeFile(file, JSON.stringify(document));
  await write({ labels: ['a=1'], 'max-concurrent-downloads': 2 });
  await using daemon = await Daemon.start('--config-file', file);
  const info = async () => (await call(daemon, 'GET', '/info')).json();
  assert.deepEqual([(await info()).Labels, (await info()).Debug], [['a=1'], false]);
  await write({ labels: ['b=2'], debug: true, 'registry-mirrors': ['http://mirror.test:5000'], 'insecure-registries': ['10.1.0.0/16'], mtu: 1200 });
  process.kill(daemon.pid, 'SIGHUP');
  await until('reloaded', async () => daemon.log.includes('Reloaded configuration: '));
  const after = await info();
  assert.deepEqual([after.Labels, after.Debug, after.RegistryConfig.Mirrors], [['b=2'], true, ['http://mirror.test:5000/']]);
  assert.ok(after.RegistryConfig.InsecureRegistryCIDRs.includes('10.1.0.0/16'));
  const [event] = (await call(daemon, 'GET', `/events?since=0&until=${Date.now() / 1000 + 1}&filters={"type":["daemon"]}`)).lines();
  assert.deepEqual([event.Action, event.Actor.ID, event.Actor.Attributes.labels], ['reload', after.ID, '["b=2"]']);
  await write({ labels: 'b=3' });
  process.kill(daemon.pid, 'SIGHUP');
  await until('refused', async () => daemon.log.includes('Error reconfiguring the daemon: unable to configure the Docker daemon with file'));
  assert.deepEqual((await info()).Labels, ['b=2']);
});

test('init and seccomp profile of those that say nothing are the daemon\'s of the day of each start', rootOnly, async () => {
  const directory = await mkdtemp(join(tmpdir(), 'naru-file-'));
  await using _ = { [Symbol.asyncDispose]: () => rm(directory, { recursive: true }) };
  const file = join(directory, 'daemon.json');
  await writeFile(file, '{}');
  await using daemon = await Daemon.start('--config-file', file);
  await importBusybox(daemon);
  await daemon.ok('docker', ['create', '--name', 'open', 'busybox', 'sh', '-c', 'echo $$; grep Seccomp: /proc/self/status']);
  await daemon.ok('docker', ['create', '--name', 'fixed', '--init=false', '--security-opt', 'seccomp=builtin', 'busybox', 'sh', '-c', 'echo $$; grep Seccomp: /proc/self/status']);
  const run = (name: string) => daemon.ok('docker', ['start', '-a', name]);
  for (const name of ['open', 'fixed']) assert.match(await run(name), /^1\nSeccomp:\s2$/);
  await writeFile(file, '{"init": true, "seccomp-profile": "unconfined"}');
  await daemon.down();
  await daemon.up();
  assert.match(await run('open'), /^[2-9]\d*\nSeccomp:\s0$/);
  assert.match(await run('fixed'), /^1\nSeccomp:\s2$/);
});

test('--validate reads and starts nothing', rootOnly, async () => {
  const directory = await mkdtemp(join(tmpdir(), 'naru-file-'));
  await using _ = { [Symbol.asyncDispose]: () => rm(directory, { recursive: true }) };
  const file = join(directory, 'daemon.json');
  const validate = async (document: object, ...flags: string[]) => {
    await writeFile(file, JSON.stringify(document));
    return run(join(root, 'bin/narud'), ['--validate', '--config-file', file, ...flags]);
  };
  assert.deepEqual(await validate({ debug: true }), { code: 0, stdout: '', stderr: 'configuration OK\n' });
  const conflict = await validate({ labels: ['a=b'] }, '--label', 'c=d');
  assert.equal(conflict.code, 1);
  assert.match(conflict.stderr, /the following directives are specified both as a flag and in the configuration file: labels: \(from flag: \[c=d\], from file: \[a=b\]\)/);
});

test('a start that fails leaves nothing on the host', rootOnly, async () => {
  const directory = await mkdtemp(join(tmpdir(), 'naru-start-'));
  await using _ = { [Symbol.asyncDispose]: () => rm(directory, { recursive: true }) };
  const at = (name: string): string => join(directory, name);
  const { code } = await run(join(root, 'bin/narud'), ['-H', `unix://${at('there/is/none.sock')}`, '-H', 'unix:///dev/null/none.sock', '--data-root', at('data'), '--exec-root', at('exec'), '--pidfile', at('pid')]);
  assert.equal(code, 1);
  for (const name of ['pid', 'there/is/none.sock']) await assert.rejects(stat(at(name)), { code: 'ENOENT' });
  assert.deepEqual(await leaksOf({ directory }), []);
});

test('below a chroot, where setns(2) would lead out of it, nothing begins', rootOnly, async () => {
  const directory = await mkdtemp(join(tmpdir(), 'naru-chroot-'));
  await using _ = { [Symbol.asyncDispose]: () => rm(directory, { recursive: true }) };
  const flags = ['--host', `unix://${directory}/s`, '--data-root', `${directory}/data`, '--exec-root', `${directory}/exec`, '--pidfile', `${directory}/pid`];
  const inner = ['unshare', '--mount', 'sh', '-c', `mkdir ${directory}/root && mount --rbind / ${directory}/root && exec chroot ${directory}/root "$@"`, 'sh', join(root, 'bin/narud'), ...flags];
  const { code, stderr } = await run(inner[0] ?? '', inner.slice(1));
  assert.equal(code, 1);
  assert.match(stderr, /^narud: failed to start daemon: narud runs below a chroot, .*\n$/);
  await assert.rejects(stat(join(directory, 'data')), { code: 'ENOENT' });
});

test('metrics are true', rootOnly, async () => {
  const port = await freePort();
  await using daemon = await Daemon.start('--metrics-addr', `127.0.0.1:${port}`);
  await importBusybox(daemon);
  await daemon.ok('docker', ['run', '-d', 'busybox', 'sleep', '100']);
  await daemon.ok('docker', ['create', 'busybox']);
  const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  for (const line of ['{state="running"} 1', '{state="stopped"} 1', '{state="paused"} 0']) assert.ok(metrics.includes(`engine_daemon_container_states_containers${line}\n`), metrics);
});
