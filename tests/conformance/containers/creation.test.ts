/** What a container finds and leaves in its root file system, and who hears of its ends. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ok, until } from '../../support/command.ts';
import { commandOf } from '../../support/daemon.ts';
import { sharedDaemon } from '../../support/shared-daemon.ts';

const { daemon, docker } = sharedDaemon();
const build = (tag: string, dockerfile: string) => daemon().ok('docker', ['build', '-q', '-t', tag, '-'], { input: dockerfile, env: { DOCKER_BUILDKIT: '0' } });

test('the working directory is there before the first start, links followed inside the root', async () => {
  await docker('create', '--name', 'fresh', '-w', '/made/deep/', 'busybox', 'pwd');
  assert.match(await docker('diff', 'fresh'), /A \/made\nA \/made\/deep(\n|$)/);
  assert.equal((await docker('inspect', '--format', '{{.Config.WorkingDir}}', 'fresh')).trim(), '/made/deep');
  assert.equal((await docker('start', '-a', 'fresh')).trim(), '/made/deep');
  assert.match((await daemon().run('docker', ['create', '-w', '/bin/busybox', 'busybox', 'true'])).stderr, /Cannot mkdir: \/bin\/busybox is not a directory/);
  await docker('rm', 'fresh');
});

test('directories that every container gets keep the owners and modes that the image gives them', async () => {
  await build('owned', 'FROM busybox\nRUN mkdir -p /etc && chown 7:8 /etc && chmod 2751 /etc\n');
  assert.equal((await docker('run', '--name', 'owner', 'owned', 'sh', '-c', 'stat -c "%u:%g %a" /etc; touch /etc/mine')).trim(), '7:8 2751');
  await docker('commit', 'owner', 'owned');
  assert.equal((await docker('run', '--rm', 'owned', 'stat', '-c', '%u:%g %a', '/etc')).trim(), '7:8 2751');
  assert.equal((await docker('run', '--rm', 'busybox', 'stat', '-c', '%u:%g %a', '/etc')).trim(), '0:0 755');
  await docker('rm', 'owner');
});

test('a RUN finds volumes as directories, and what it writes there is lost', async () => {
  await build('volumed', 'FROM busybox\nVOLUME /far/away\nRUN touch /far/away/x && ls /far/away/x\n');
  assert.equal(await docker('run', '--rm', 'volumed', 'ls', '/far/away'), '');
});

test('who runs or waits for a container hears of each end, whatever its restart policy does next', { timeout: 60_000 }, async () => {
  const { code } = await daemon().run('docker', ['run', '-i', '--name', 'again', '--restart', 'always', 'busybox', 'sh'], { input: 'exit 11' });
  assert.equal(code, 11);
  await docker('rm', '-f', 'again');
});

test('a running container is exported without what is mounted in it, owners its own', async () => {
  await docker('run', '-d', '--name', 'exported', '-v', '/bin/hidden', '--tmpfs', '/over', 'busybox', 'sh', '-c', 'echo mine > /mine; echo lost > /over/lost; chown 5:6 /mine; echo up; exec sleep 1000');
  await until('it is up', async () => (await docker('logs', 'exported')) === 'up');
  const listed = async () => (await ok('sh', ['-c', `${commandOf('docker')} -H ${daemon().host} export exported | tar -tvf - --numeric-owner`]));
  const before = await listed();
  assert.match(before, /-rw-r--r-- 5\/6 +5 \S+ \S+ mine\n/);
  assert.match(before, / bin\/busybox\n/);
  assert.doesNotMatch(before, /lost|dev\/null|proc\/self/);
  await docker('kill', 'exported');
  await docker('wait', 'exported');
  assert.equal(await listed(), before);
  await docker('rm', '-v', 'exported');
});

test('a running container is exported whole, whatever its first process has made its own root', async () => {
  const script = 'mkdir -p /cell/bin; cp /bin/busybox /cell/bin/; ln -s busybox /cell/bin/sh; exec chroot /cell sh -c "echo up; exec busybox sleep 1000"';
  await docker('run', '-d', '--name', 'jailed', 'busybox', 'sh', '-c', script);
  await until('it is up', async () => (await docker('logs', 'jailed')) === 'up');
  assert.match(await ok('sh', ['-c', `${commandOf('docker')} -H ${daemon().host} export jailed | tar -tf -`]), /^cell\/bin\/busybox$/m);
  await docker('rm', '-fv', 'jailed');
});
