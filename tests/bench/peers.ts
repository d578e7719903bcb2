/** The engines that a bench compares: Naru, and a dockerd of its own inside private namespaces where Debian's docker.io is installed. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ok, run, until } from '../support/command.ts';
import { Daemon } from '../support/daemon.ts';
import { busyboxTar } from '../support/images.ts';

export interface Engine extends AsyncDisposable {
  readonly name: string;
  readonly socket: string;
  readonly pid: number;
  /** Runs the real docker CLI against this engine; throws when it fails. */
  docker(...args: string[]): Promise<string>;
}

/** Naru, and dockerd when there is one. */
export async function startEngines(): Promise<Engine[]> {
  const engines = [await startNaru()];
  if ((await run('sh', ['-c', 'command -v dockerd'])).code === 0) engines.push(await startDockerd());
  else console.log('dockerd is not installed; to compare with it: apt-get install -y --no-install-recommends docker.io\n');
  for (const engine of engines) await engine.docker('import', '-c', 'CMD ["sh"]', await busyboxTar(), 'busybox:latest');
  return engines;
}

async function startNaru(): Promise<Engine> {
  const daemon = await Daemon.start('--log-level', 'error', '--insecure-registry', '127.0.0.0/8');
  return {
    name: 'naru',
    socket: daemon.host.slice('unix://'.length),
    pid: daemon.pid,
    docker: (...args) => ok('docker', args, { env: daemon.env }),
    [Symbol.asyncDispose]: () => daemon[Symbol.asyncDispose](),
  };
}

async function startDockerd(): Promise<Engine> {
  const directory = await mkdtemp(join(tmpdir(), 'naru-bench-dockerd-'));
  const socket = join(directory, 'docker.sock');
  const command = `ip link set lo up; mount -t tmpfs none /run; exec dockerd --host unix://${socket} --data-root ${directory}/data --exec-root ${directory}/exec --pidfile ${directory}/pid --log-level error`;
  const child = spawn('unshare', ['--net', '--mount', 'sh', '-c', command], { stdio: 'ignore' });
  const env = { DOCKER_HOST: `unix://${socket}`, DOCKER_BUILDKIT: '0', DOCKER_CONFIG: directory };
  await until('dockerd answers', async () => (await run('docker', ['version'], { env })).code === 0, 60);
  return {
    name: 'dockerd',
    socket,
    pid: child.pid ?? 0,
    docker: (...args) => ok('docker', args, { env }),
    [Symbol.asyncDispose]: () => stopDockerd(child, directory),
  };
}

async function stopDockerd(child: ChildProcess, directory: string): Promise<void> {
  const closed = once(child, 'exit');
  child.kill('SIGTERM');
  await closed;
  await run('sh', ['-c', `umount -q ${directory}/data/overlay2 ${directory}/data || true`]);
  await rm(directory, { recursive: true, force: true });
}
