/** An ordinary user's narud in a part of cgroup v2 that is his; runs inside the guest that ../cgroup2.test.ts boots. */
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { Hopeless, ok, run, until } from '../../support/command.ts';

const [uid, home, delegated] = [1000, '/home/his', '/sys/fs/cgroup/his'];
const host = `unix://${home}/run/naru/naru.sock`;
const path = '/usr/bin:/usr/sbin:/bin';

suite('an ordinary user with a delegated cgroup', () => {
  let narud: ChildProcess;
  let log = '';
  const docker = (...words: string[]) => run('docker', words, { env: { DOCKER_HOST: host } });

  before(async () => {
    writeFileSync('/etc/passwd', `root:x:0:0::/tmp:/bin/sh\nhis:x:${uid}:${uid}::${home}:/bin/sh\n`);
    writeFileSync('/etc/group', `root:x:0:\nhis:x:${uid}:\n`);
    for (const name of ['subuid', 'subgid']) writeFileSync(`/etc/${name}`, 'his:100000:65536\n');
    for (const name of ['newuidmap', 'newgidmap']) chmodSync(`/usr/bin/${name}`, 0o4755);
    for (const directory of [home, `${home}/run`]) {
      mkdirSync(directory, { recursive: true });
      chownSync(directory, uid, uid);
    }
    writeFileSync('/sys/fs/cgroup/cgroup.subtree_control', '+cpu +memory +pids');
    mkdirSync(delegated);
    for (const name of ['', 'cgroup.procs', 'cgroup.threads', 'cgroup.subtree_control']) chownSync(join(delegated, name), uid, uid);
    const become = `setpriv --reuid=${uid} --regid=${uid} --clear-groups env -i HOME=${home} XDG_RUNTIME_DIR=${home}/run PATH=${path} node /naru/dist/narud.js`;
    narud = spawn('sh', ['-c', `echo $$ > ${delegated}/cgroup.procs && exec ${become}`], { env: { PATH: path }, cwd: '/', stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [narud.stdout, narud.stderr]) stream?.on('data', (chunk: Buffer) => (log += chunk.toString()));
    await until('his narud answers', async () => {
      if (narud.exitCode !== null) throw new Hopeless(log);
      return (await docker('version')).code === 0;
    }, 300).catch((error: unknown) => assert.fail(`${String(error)}\n${log}`));
    await ok('docker', ['import', '-c', 'ENV PATH=/bin', '/images/busybox.tar', 'busybox'], { env: { DOCKER_HOST: host } });
  });
  after(async () => {
    const ended = once(narud, 'exit');
    if (narud.kill('SIGTERM')) await ended;
  });

  test('has limits of memory, processes and time that hold', async () => {
    const limits = ['--memory', '32m', '--memory-swap', '32m', '--pids-limit', '20', '--cpus', '0.5'];
    const { stdout, stderr } = await docker('run', '--rm', ...limits, 'busybox', 'sh', '-c', 'cd /sys/fs/cgroup; cat memory.max pids.max cpu.max');
    assert.deepEqual([stdout, stderr], [`${32 << 20}\n20\n50000 100000\n`, ''], log);
    assert.equal((await docker('run', '--rm', ...limits, 'busybox', 'sh', '-c', 'a=$(yes | head -c 90000000); sleep 100')).code, 137);
  });

  test('leaves his cgroup as empty as it was', async () => {
    const ended = once(narud, 'exit');
    narud.kill('SIGTERM');
    await ended;
    await until('nobody is in it', async () => {
      await ok('find', [delegated, '-mindepth', '1', '-type', 'd', '-depth', '-exec', 'rmdir', '{}', ';']);
      rmdirSync(delegated);
      return true;
    });
  });
});
