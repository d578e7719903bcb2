/**
 * An enforced policy of SELinux: containers may read and write what is labelled for them, with categories that are theirs, and nothing
 * of the host's; runs inside the guest that ../cgroup2.test.ts boots with SELinux on.
 */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { setXattr } from '#kernel';
import { Daemon } from '../../support/daemon.ts';
import { loadPolicy } from '../../support/selinux-policy.ts';

const rules = `
type container_ro_file_t;
allow base_t { base_t container_t spc_t }:process { fork transition dyntransition };
allow container_t container_t:process { fork transition dyntransition };
allow base_t { base_t container_t spc_t container_file_t container_ro_file_t kernel_file_t }:file { read write };
allow base_t { base_t container_t spc_t container_file_t container_ro_file_t kernel_file_t }:dir search;
allow container_t { container_t container_file_t kernel_file_t }:file { read write };
allow container_t { container_t container_file_t container_ro_file_t kernel_file_t }:dir search;
allow container_t container_ro_file_t:file read;
`;

suite('narud where SELinux is enforced', () => {
  let daemon: Daemon;
  before(async () => {
    loadPolicy({ enforcing: true, level: 's0 - s0:c0.c1023', kernelFiles: 'kernel_file_t', rules });
    for (const name of ['/srv/plain', '/srv/own', '/srv/shared']) {
      mkdirSync(name, { recursive: true });
      writeFileSync(`${name}/file`, 'kept\n');
    }
    daemon = await Daemon.start('--selinux-enabled');
    setXattr(join(daemon.directory, 'data/snapshots'), 'security.selinux', Buffer.from('system_u:object_r:container_ro_file_t:s0\0')); // as policies label Docker's: what is mapped into memory is the layer's own file
    await docker('import', '-c', 'CMD ["sh"]', '-c', 'ENV PATH=/bin', '/images/busybox.tar', 'busybox');
  });
  after(() => daemon?.[Symbol.asyncDispose]());
  const docker = (...words: string[]) => daemon.ok('docker', words);
  /** What a container says that reads a file and writes it. */
  const touches = async (...words: string[]) => {
    const { stdout, stderr } = await daemon.run('docker', ['run', '--rm', ...words, 'busybox', 'sh', '-c', 'cat /v/file; echo more >> /v/file']);
    return (stdout + stderr).trim();
  };
  const denied = /can't open '\/v\/file': Permission denied[^]*can't create \/v\/file: Permission denied/;

  test('the policy is enforced', () => assert.equal(readFileSync('/sys/fs/selinux/enforce', 'utf8'), '1'));

  test('a container lives with its own files; so do its execs, its logs, its copies and what is committed of it', async () => {
    await docker('run', '-d', '--name', 'box', '-v', 'named:/named', '--tmpfs', '/scratch', 'busybox', 'sh', '-c', 'cat /etc/hosts > /copy && echo out && exec sleep 1000');
    await docker('exec', 'box', 'sh', '-c', 'test -s /copy && echo a > /named/a && echo b > /scratch/b && echo c > /dev/shm/c && cat /named/a /scratch/b');
    await docker('cp', 'box:/copy', '/tmp/copied');
    assert.match(readFileSync('/tmp/copied', 'utf8'), /localhost/);
    await docker('cp', '/tmp/copied', 'box:/put');
    assert.match(await docker('exec', 'box', 'cat', '/put'), /localhost/);
    assert.equal(await docker('logs', 'box'), 'out');
    await docker('commit', 'box', 'kept');
    assert.match(await docker('run', '--rm', 'kept', 'cat', '/put'), /localhost/);
    await docker('rm', '--force', 'box');
  });

  test('of the host it has what is labelled for it: z for all, Z for itself alone', async () => {
    assert.match(await touches('-v', '/srv/plain:/v'), denied);
    assert.equal(await touches('-v', '/srv/shared:/v:z'), 'kept');
    assert.equal(await touches('-v', '/srv/shared:/v'), 'kept\nmore', 'another has it too');
    assert.equal(await touches('-v', '/srv/own:/v:Z'), 'kept');
    assert.match(await touches('-v', '/srv/own:/v'), /can't open '\/v\/file': Permission denied/, 'its categories are none of another\'s');
    assert.equal(await touches('-v', '/srv/plain:/v', '--security-opt', 'label=disable'), 'kept');
  });

  test('a build runs', async () => {
    const { code, stderr } = await daemon.run('docker', ['build', '--network', 'none', '-t', 'built', '-'], { input: 'FROM busybox\nRUN cat /etc/hosts > /made\n' });
    assert.equal(code, 0, stderr);
    assert.match(await docker('run', '--rm', 'built', 'cat', '/made'), /localhost/);
  });
});
