/** narud and the docker client where there is nothing but cgroup v2; runs inside the guest that ../cgroup2.test.ts boots. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { until } from '../../support/command.ts';
import { Daemon } from '../../support/daemon.ts';

/** What ../cgroup2.test.ts puts on the guest's disk. */
const busybox = '/images/busybox.tar';
/** Emulation is slow: a command of the client takes a second or more. */
const long = { skip: process.env['NARU_GUEST'] === 'all' ? false : 'npm run guest does it' };

suite('narud on cgroup v2', () => {
  let daemon: Daemon;
  before(async () => {
    daemon = await Daemon.start();
    await docker('import', '-c', 'CMD ["sh"]', '-c', 'ENV PATH=/bin', busybox, 'busybox');
  });
  after(() => daemon?.[Symbol.asyncDispose]());

  const docker = (...words: string[]) => daemon.ok('docker', words);
  const inspected = async (name: string) => JSON.parse(await docker('inspect', '--format', '{{json .State}}', name)) as { Pid: number; Status: string; OOMKilled: boolean; ExitCode: number };
  const cgroupOf = async (name: string) => join('/sys/fs/cgroup', /^0::(.*)$/m.exec(readFileSync(`/proc/${(await inspected(name)).Pid}/cgroup`, 'utf8'))?.[1] ?? '');
  const filesOf = (directory: string, names: readonly string[]) => names.map((name) => readFileSync(join(directory, name), 'utf8').trim());

  test('info tells the version and the driver, and lacks no limit', async () => {
    assert.equal(await docker('info', '--format', '{{.CgroupVersion}} {{.CgroupDriver}} {{.MemoryLimit}} {{.SwapLimit}} {{.CPUCfsQuota}} {{.CPUShares}} {{.CPUSet}} {{.PidsLimit}} {{len .Warnings}}'), '2 cgroupfs true true true true true true 0');
  });

  test('limits of run are those of its cgroup, and what update makes of them', async () => {
    await docker('run', '-d', '--name', 'box', '--memory', '32m', '--memory-reservation', '16m', '--cpus', '0.5', '--cpu-shares', '512', '--pids-limit', '20', '--cpuset-cpus', '1', '--blkio-weight', '300', '--device-write-bps', '/dev/vda:1mb', 'busybox', 'sleep', '1000');
    const directory = await cgroupOf('box');
    const names = ['memory.max', 'memory.swap.max', 'memory.low', 'cpu.max', 'cpu.weight', 'pids.max', 'cpuset.cpus'];
    assert.deepEqual(filesOf(directory, names), [String(32 << 20), String(32 << 20), String(16 << 20), '50000 100000', '59', '20', '1']);
    assert.match(filesOf(directory, ['io.max'])[0] ?? '', /wbps=1048576/);
    assert.match(filesOf(directory, ['io.weight'])[0] ?? '', /^default (?:300|2930)$/m);
    await docker('update', '--memory', '64m', '--memory-swap', '96m', '--cpus', '1', '--pids-limit', '30', 'box');
    assert.deepEqual(filesOf(directory, ['memory.max', 'memory.swap.max', 'cpu.max', 'pids.max']), [String(64 << 20), String(32 << 20), '100000 100000', '30']);
  });

  test('its containers have the default profile of AppArmor', async () => {
    assert.equal(readFileSync(`/proc/${(await inspected('box')).Pid}/attr/current`, 'utf8'), 'docker-default (enforce)\n');
  });

  test('stats, top, pause', long, async () => {
    assert.match(await docker('stats', '--no-stream', '--format', '{{.Name}} {{.MemUsage}} {{.PIDs}}', 'box'), /^box [\d.]+[KM]iB \/ 64MiB 1$/);
    assert.match(await docker('top', 'box'), /sleep 1000/);
    await docker('pause', 'box');
    assert.deepEqual([(await inspected('box')).Status, ...filesOf(await cgroupOf('box'), ['cgroup.freeze'])], ['paused', '1']);
    await docker('unpause', 'box');
    assert.deepEqual([(await inspected('box')).Status, ...filesOf(await cgroupOf('box'), ['cgroup.freeze'])], ['running', '0']);
  });

  test('a container sees itself as the root, read-only; with the host\'s namespace it sees where it is', async () => {
    const script = 'cat /proc/self/cgroup; cat /sys/fs/cgroup/memory.max; { echo 1 > /sys/fs/cgroup/pids.max; } 2>/dev/null || echo refused; for i in $(seq 40); do sleep 60 & done 2>/dev/null; :';
    const seen = await daemon.run('docker', ['exec', 'box', 'sh', '-c', script]);
    assert.match(seen.stdout, new RegExp(`^0::/\n${64 << 20}\nrefused\n`), 'forks end at the limit');
    assert.match(filesOf(await cgroupOf('box'), ['pids.events'])[0] ?? '', /^max [1-9]/);
    assert.match(await docker('run', '--rm', '--cgroupns', 'host', 'busybox', 'sh', '-c', 'cat /proc/self/cgroup; ls -d /sys/fs/cgroup/cgroup.procs'), /^0::\/naru\S*\/[0-9a-f]{64}\n\/sys/);
  });

  test('want of memory is told', long, async () => {
    const { code } = await daemon.run('docker', ['run', '--name', 'hog', '--memory', '16m', '--memory-swap', '16m', 'busybox', 'sh', '-c', 'a=$(yes | head -c 60000000); sleep 100']);
    const { OOMKilled, ExitCode } = await inspected('hog');
    assert.deepEqual([code, OOMKilled, ExitCode], [137, true, 137]);
  });

  test('a bridge network with names and a published port', long, async () => {
    await docker('network', 'create', 'own');
    await docker('run', '-d', '--name', 'web', '--network', 'own', '-p', '127.0.0.1:8080:80', 'busybox', 'sh', '-c', 'echo page > /tmp/index.html; exec httpd -f -h /tmp');
    assert.equal(await until('the page', async () => (await fetch('http://127.0.0.1:8080/')).text()), 'page\n');
    assert.equal(await docker('run', '--rm', '--network', 'own', 'busybox', 'wget', '-qO-', 'http://web/'), 'page');
  });

  test('a container\'s first packet is answered, though this kernel (before 6.8) does not wake its link watcher for who asks', long, async () => {
    const gateway = await docker('network', 'inspect', '-f', '{{(index .IPAM.Config 0).Gateway}}', 'bridge');
    const answered = [];
    for (let round = 0; round < 8; round++) answered.push((await daemon.run('docker', ['run', '--rm', 'busybox', 'ping', '-c', '1', '-W', '1', gateway])).code);
    assert.deepEqual(answered, Array(8).fill(0));
  });

  test('kill -9 of narud: containers go on, within their limits; none of them leaves anything', long, async () => {
    const [pid, directory] = [(await inspected('box')).Pid, await cgroupOf('box')];
    await daemon.crash();
    assert.equal(await (await fetch('http://127.0.0.1:8080/')).text(), 'page\n');
    await daemon.up();
    assert.deepEqual(await inspected('box').then(({ Pid, Status }) => [Pid, Status]), [pid, 'running']);
    assert.equal(await docker('exec', 'box', 'cat', '/sys/fs/cgroup/memory.max'), String(64 << 20));
    await docker('rm', '--force', 'box', 'web', 'hog');
    await docker('network', 'rm', 'own');
    await until('its cgroup has gone, behind its end', async () => !existsSync(directory));
    await daemon.down();
    assert.equal(existsSync(dirname(directory)), false, 'the parent of all');
  });
});
