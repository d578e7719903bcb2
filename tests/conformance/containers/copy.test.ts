/** `docker cp` with a container that does not run: its files as its processes would see them, volumes and binds included. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, readlinkSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { request, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { call, errorOf } from '../../support/api.ts';
import { until } from '../../support/command.ts';
import { Daemon } from '../../support/daemon.ts';
import { busyboxTar } from '../../support/images.ts';

let daemon: Daemon;
const directory = mkdtempSync(join(tmpdir(), 'naru-copy-'));
const at = (...names: string[]): string => join(directory, ...names);
before(async () => {
  daemon = await Daemon.start();
  await daemon.ok('docker', ['import', await busyboxTar(), 'busybox']);
  mkdirSync(at('bound/deep'), { recursive: true });
  writeFileSync(at('bound/deep/file'), 'of the host\n');
  symlinkSync('/kept/target', at('bound/into-volume'));
  symlinkSync('/etc', at('bound/to-root'));
  writeFileSync(at('new'), 'new\n');
});
after(async () => {
  await daemon?.[Symbol.asyncDispose]();
  rmSync(directory, { recursive: true });
});

const cp = (...args: string[]): Promise<string> => daemon.ok('docker', ['cp', ...args]);

test('links lead through mounts, and a directory is copied with what is mounted in it', async () => {
  const script = 'mkdir /kept/target; ln -s /kept/target/page /page; echo written > /kept/target/page; hostname';
  await daemon.ok('docker', ['run', '--name', 'stopped', '--hostname', 'here', '-v', 'kept:/kept', '-v', `${at('bound')}:/outer/inner/bound`, '--tmpfs', '/scratch', 'busybox', 'sh', '-c', script]);
  await cp('-L', 'stopped:/page', at('page'));
  assert.equal(readFileSync(at('page'), 'utf8'), 'written\n');
  await cp('stopped:/outer', at('outer'));
  assert.equal(readFileSync(at('outer/inner/bound/deep/file'), 'utf8'), 'of the host\n');
  assert.equal(readlinkSync(at('outer/inner/bound/into-volume')), '/kept/target');
  await cp('stopped:/etc/hostname', at('hostname'));
  assert.equal(readFileSync(at('hostname'), 'utf8'), 'here\n');
  await cp(at('new'), 'stopped:/outer/inner/bound/into-volume/added');
  await cp(at('new'), 'stopped:/page');
  await cp(at('new'), 'stopped:/scratch/lost');
  assert.equal(await daemon.ok('docker', ['run', '--rm', '-v', 'kept:/kept', 'busybox', 'sh', '-c', 'cat /kept/target/*']), 'new\nnew');
  assert.match((await daemon.run('docker', ['cp', 'stopped:/scratch/lost', at('x')])).stderr, /Could not find the file \/scratch\/lost in container stopped/);
  assert.ok(!readFileSync('/proc/self/mounts', 'utf8').includes(daemon.directory));
  await daemon.ok('docker', ['rm', 'stopped']);
});

test('what is read-only in the container is not written, running or not; owners stay unless the container has a user', async () => {
  await daemon.ok('docker', ['create', '--name', 'still', '--read-only', '-v', `${at('bound')}:/ro:ro`, '-v', 'kept:/rw', 'busybox', 'sleep', '1000']);
  const empty = Buffer.alloc(1024);
  const put = (path: string) => call(daemon, 'PUT', `/containers/still/archive?path=${path}`, empty);
  for (const running of [false, true]) {
    if (running) await daemon.ok('docker', ['start', 'still']);
    assert.equal(errorOf(await put('/root'), 403), 'container rootfs is marked read-only');
    assert.equal(errorOf(await put('/ro'), 403), 'mounted volume is marked read-only');
    assert.equal(errorOf(await put('/ro/to-root'), 403), 'container rootfs is marked read-only');
    assert.equal((await put('/rw')).status, 200);
    assert.match(errorOf(await put('/nowhere'), 404), /Could not find the file \/nowhere/);
  }
  await daemon.ok('docker', ['rm', '-f', 'still']);
  execFileSync('tar', ['-C', directory, '--owner=7', '--group=8', '-cf', at('owned.tar'), 'new']);
  for (const [user, expected] of [['', '7:8'], ['3:4', '3:4']] as const) {
    const { Id } = (await call(daemon, 'POST', '/containers/create', { Image: 'busybox', Cmd: ['true'], User: user, HostConfig: { Binds: ['kept:/rw'] } })).json();
    assert.equal((await call(daemon, 'PUT', `/containers/${Id}/archive?path=/rw&copyUIDGID=1`, readFileSync(at('owned.tar')))).status, 200);
    const { uid, gid } = statSync(join((await call(daemon, 'GET', '/volumes/kept')).json().Mountpoint, 'new'));
    assert.equal(`${uid}:${gid}`, expected);
    await call(daemon, 'DELETE', `/containers/${Id}`);
  }
});

test('what is copied into a container arrives whole in its volume, though its run ends amid it', async () => {
  for (const name of ['first', 'second']) writeFileSync(at(name), `${name}\n`);
  execFileSync('tar', ['-C', directory, '-cf', at('pair.tar'), 'first', 'second']);
  const archive = readFileSync(at('pair.tar'));
  const firstMember = 1024;
  await daemon.ok('docker', ['run', '-d', '--name', 'leaving', '-v', 'pair:/pair', 'busybox', 'sh', '-c', 'until grep -q first /pair/first; do sleep 0.1; done']);
  const outgoing = request({ socketPath: daemon.host.replace('unix://', ''), method: 'PUT', path: '/containers/leaving/archive?path=/pair', headers: { Host: 'naru' }, agent: false });
  const status = new Promise((resolve, reject) => outgoing.on('response', (answer) => resolve(answer.resume().statusCode)).on('error', reject));
  outgoing.write(archive.subarray(0, firstMember));
  await daemon.ok('docker', ['wait', 'leaving']);
  outgoing.end(archive.subarray(firstMember));
  assert.equal(await status, 200);
  assert.equal(await daemon.ok('docker', ['run', '--rm', '-v', 'pair:/kept', 'busybox', 'cat', '/kept/second']), 'second');
  await daemon.ok('docker', ['rm', 'leaving']);
});

test('an export is told of before it is read', async () => {
  await daemon.ok('docker', ['run', '--name', 'large', 'busybox', 'dd', 'if=/dev/zero', 'of=/zeroes', 'bs=1M', 'count=30']);
  const asked = request({ socketPath: daemon.host.slice('unix://'.length), path: '/containers/large/export', agent: false }).end();
  const [answer] = (await once(asked, 'response')) as [IncomingMessage]; // nobody reads it: more than the socket holds is to come
  const seen = await until('the event is there', async () => (await daemon.ok('docker', ['events', '--since', '1', '--until', '0s', '--filter', 'event=export', '--filter', 'container=large'])) || undefined, 30);
  assert.match(seen, /container export /);
  assert.equal(answer.statusCode, 200);
  answer.destroy();
  await daemon.ok('docker', ['rm', 'large']);
});
