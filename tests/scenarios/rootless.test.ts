/** Rootless: an ordinary user starts the daemon and has containers with mapped ids, published ports, and a way out. */
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Hopeless, ok, run, until, type Result } from '../support/command.ts';
import { commandOf } from '../support/daemon.ts';
import { busyboxTar } from '../support/images.ts';
import { delegatedCgroup, OrdinaryUser } from '../support/user.ts';

interface Start {
  readonly cgroup?: string;
  readonly env?: Record<string, string>;
}

/** His daemon, at its default places. */
class UsersDaemon {
  readonly user: OrdinaryUser;
  #process: ChildProcess | undefined;
  #log = '';

  constructor(user: OrdinaryUser) {
    this.user = user;
  }

  async up(options: Start = {}): Promise<void> {
    const { checkout } = this.user;
    const [command, ...words] = this.user.words([join(checkout, 'node_modules/.bin/node'), join(checkout, 'bin/narud')], options);
    const child = spawn(command, words, { stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (this.#log += chunk.toString()));
    this.#process = child;
    await until('his narud answers', async () => {
      if (child.exitCode !== null) throw new Hopeless(this.#log);
      return (await this.run('version')).code === 0;
    }).catch((error: unknown) => assert.fail(`${String(error)}\n${this.#log}`));
  }

  run(...words: string[]): Promise<Result> {
    return run(commandOf('docker'), words, { env: { DOCKER_HOST: this.user.host, DOCKER_BUILDKIT: '0' }, timeout: 30_000 });
  }

  async ok(...words: string[]): Promise<string> {
    const { code, stdout, stderr } = await this.run(...words);
    assert.equal(code, 0, `docker ${words.join(' ')}: ${stdout}${stderr}\n${this.#log}`);
    return stdout.trim();
  }

  async end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#process;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill(signal);
    await gone;
  }

  /** The processes that hold its namespaces and carry its packets. */
  home(): { pid: number; uplink: { name: string; pid: number } | null } {
    return JSON.parse(readFileSync(join(this.user.home, 'run/naru/rootless.json'), 'utf8'));
  }
}

describe('an ordinary user', () => {
  let user: OrdinaryUser;
  let daemon: UsersDaemon;

  before(async () => {
    user = await OrdinaryUser.make();
    daemon = new UsersDaemon(user);
    await daemon.up();
    await daemon.ok('import', '-c', 'CMD ["sh"]', await busyboxTar(), 'busybox');
  });
  after(async () => {
    await run(commandOf('docker'), ['rm', '-f', 'web'], { env: { DOCKER_HOST: user.host }, timeout: 20_000 });
    await daemon?.end('SIGTERM');
    await user?.[Symbol.asyncDispose]();
  });

  test('is root inside, with his subordinate ids for everybody else', async () => {
    assert.match(await daemon.ok('info', '--format', '{{.SecurityOptions}}'), /name=rootless/);
    assert.equal(await daemon.ok('run', '--rm', 'busybox', 'id', '-u'), '0');
    const map = (await daemon.ok('run', '--rm', 'busybox', 'cat', '/proc/self/uid_map')).split('\n').map((line) => line.trim().split(/\s+/).map(Number));
    assert.deepEqual(map[0], [0, user.uid, 1]);
    assert.ok((map[1]?.[2] ?? 0) >= 65_535);
    assert.equal(await daemon.ok('run', '--rm', '-u', '33:33', 'busybox', 'id', '-u'), '33');
  });

  test('owns on the host what root of his container writes; what is the real root\'s stays out of reach', async () => {
    await daemon.ok('run', '--rm', '-v', `${user.home}:/his`, 'busybox', 'sh', '-c', 'echo hi > /his/root; echo hi > /his/daemon; chown 1:1 /his/daemon');
    assert.equal(statSync(join(user.home, 'root')).uid, user.uid);
    assert.ok(statSync(join(user.home, 'daemon')).uid >= 100_000);
    const denied = await daemon.run('run', '--rm', '-v', '/etc:/host', 'busybox', 'sh', '-c', 'cat /host/shadow || echo x > /host/passwd');
    assert.notEqual(denied.code, 0);
  });

  test('publishes ports, has names and networks of his own, and comes back to all of it after kill -9', async () => {
    await daemon.ok('network', 'create', 'his');
    await daemon.ok('run', '-d', '--name', 'web', '--network', 'his', '-p', '18971:80', 'busybox', 'sh', '-c', 'echo page > /tmp/index.html; httpd -f -h /tmp');
    const page = async (): Promise<string> => (await fetch('http://127.0.0.1:18971/')).text();
    assert.equal(await until('the page from the host', page), 'page\n');
    assert.equal(await daemon.ok('run', '--rm', '--network', 'his', 'busybox', 'wget', '-qO-', 'http://web/'), 'page');
    const pid = await daemon.ok('inspect', '--format', '{{.State.Pid}}', 'web');
    await daemon.end('SIGKILL');
    await daemon.up();
    assert.equal(await daemon.ok('inspect', '--format', '{{.State.Pid}} {{.State.Status}}', 'web'), `${pid} running`);
    assert.equal(await until('the page again', page), 'page\n');
    assert.match(await daemon.ok('top', 'web'), /httpd/);
    assert.equal(await daemon.ok('exec', 'web', 'cat', '/tmp/index.html'), 'page');
  });

  test('is told what takes a cgroup where none was delegated to him', async () => {
    assert.match(await daemon.ok('info', '--format', '{{.CgroupDriver}} {{.Warnings}}'), /^none \[WARNING: Running in rootless-mode without cgroups\. /);
    const limited = await daemon.run('run', '--rm', '-m', '64m', 'busybox', 'true');
    assert.equal(limited.code, 0, limited.stderr);
    assert.match(limited.stderr, /Your kernel does not support memory limit capabilities or the cgroup is not mounted. Limitation discarded./);
    const { code, stderr } = await daemon.run('pause', 'web');
    assert.equal(code, 1);
    assert.match(stderr, /pausing needs a cgroup of its own, and none was delegated to this user/);
  });

  test('leaves no process behind when he ends his last container and the daemon', async () => {
    await daemon.ok('rm', '-f', 'web');
    await daemon.ok('network', 'rm', 'his');
    const { pid, uplink } = daemon.home();
    assert.ok(uplink, 'pasta or slirp4netns carries his packets');
    await daemon.end('SIGTERM');
    await until('everything of his is gone', async () => ![pid, uplink.pid].some(isThere));
  });

  test('pauses and ends containers by the cgroup that was delegated to him', async () => {
    await using cgroup = delegatedCgroup(user.uid);
    await daemon.up({ cgroup: cgroup.path });
    await daemon.ok('run', '-d', '--name', 'web', 'busybox', 'sleep', '600');
    await daemon.ok('pause', 'web');
    assert.equal(await daemon.ok('inspect', '--format', '{{.State.Status}}', 'web'), 'paused');
    await daemon.ok('unpause', 'web');
    await daemon.ok('rm', '-f', 'web');
    await daemon.end('SIGTERM');
  });

  test('shares the host\'s network where neither pasta nor slirp4netns is installed', async () => {
    await daemon.up({ env: { PATH: await commands(user, 'nsenter', 'unshare') } });
    assert.equal(daemon.home().uplink, null);
    assert.equal(await daemon.ok('run', '--rm', 'busybox', 'readlink', '/proc/self/ns/net'), await ok('readlink', ['/proc/self/ns/net']));
    assert.equal(await daemon.ok('run', '--rm', 'busybox', 'ls', '/sys/class/net/lo/mtu'), '/sys/class/net/lo/mtu');
    assert.notEqual(await daemon.ok('run', '--rm', '--network', 'none', 'busybox', 'readlink', '/proc/self/ns/net'), await ok('readlink', ['/proc/self/ns/net']));
    const refused = await daemon.run('network', 'create', 'his');
    assert.match(refused.stderr, /install passt \(pasta\) or slirp4netns/);
    await daemon.end('SIGTERM');
  });

  test('has his packets carried by slirp4netns where pasta is not installed', async () => {
    await daemon.up({ env: { PATH: await commands(user, 'nsenter', 'unshare', 'newuidmap', 'newgidmap', 'slirp4netns') } });
    const { pid, uplink } = daemon.home();
    assert.equal(uplink?.name, 'slirp4netns');
    assert.match(await daemon.ok('run', '--rm', '--network', 'host', 'busybox', 'ip', 'route'), /default via 10\.0\.2\.2 dev tap0/);
    assert.match(await daemon.ok('run', '--rm', 'busybox', 'ip', 'route'), /default via 172\.\d+\.0\.1 dev eth0/);
    await daemon.end('SIGTERM');
    await until('everything of his is gone', async () => ![pid, uplink.pid].some(isThere));
  });

  test('leaves nobody behind when his daemon is killed while it moves in', async () => {
    const { checkout } = user;
    await daemon.end('SIGTERM');
    for (const wait of [60, 120, 180, 240, 320, 420]) {
      const [command, ...words] = user.words([join(checkout, 'node_modules/.bin/node'), join(checkout, 'bin/narud')]);
      const child = spawn(command, words, { stdio: 'ignore' });
      await sleep(wait);
      child.kill('SIGKILL');
    }
    await daemon.up();
    await daemon.end('SIGTERM');
    const his = async (): Promise<string> => (await run('ps', ['-o', 'pid,ppid,etimes,args', '--no-headers', '-u', String(user.uid)])).stdout;
    await until('nobody of his is there', async () => (await his()) === '').catch(async () => assert.fail(await his()));
  });

  test('runs a bundle with naru-runtime alone, as himself or with all of his ids', async () => {
    const bundle = join(user.home, 'bundle');
    const runtime = `${join(user.checkout, 'bin/naru-runtime')} --root ${user.home}/run/runtime`;
    await ok('sh', ['-c', `mkdir -p ${bundle}/rootfs && tar -xf ${await busyboxTar()} -C ${bundle}/rootfs && chown -R ${user.uid}:${user.uid} ${bundle}`]);
    const script = `cd ${bundle} && ${runtime} spec --rootless && sed -i 's/"sh"/"id","-u"/; s/"terminal": true/"terminal": false/' config.json && ${runtime} run his; ${runtime} list -q`;
    const { stdout, stderr } = await user.run(['sh', '-c', script]);
    assert.equal(stdout.trim(), '0', stderr);
    const [, first = '', count = ''] = (await ok('grep', [`^${user.name}:`, '/etc/subuid'])).split(':');
    const config = JSON.parse(readFileSync(join(bundle, 'config.json'), 'utf8'));
    const map = [{ containerID: 0, hostID: user.uid, size: 1 }, { containerID: 1, hostID: Number(first), size: Number(count) }];
    Object.assign(config.linux, { uidMappings: map, gidMappings: map });
    Object.assign(config.process, { user: { uid: 33, gid: 33, additionalGids: [44] }, args: ['id'] });
    writeFileSync(join(bundle, 'config.json'), JSON.stringify(config));
    const many = await user.run(['sh', '-c', `cd ${bundle} && ${runtime} run his`]);
    assert.match(many.stdout, /^uid=33 gid=33 groups=(33,)?44/, many.stderr);
  });
});

/** A directory with these commands and no others. */
async function commands(user: OrdinaryUser, ...names: string[]): Promise<string> {
  const directory = mkdtempSync(join(user.home, 'bin-'));
  chmodSync(directory, 0o755);
  for (const name of names) symlinkSync(await ok('sh', ['-c', `command -v ${name}`]), join(directory, name));
  return directory;
}

function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

