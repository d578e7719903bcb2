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
  readonly env: NodeJS.ProcessEnv;
  /** Runs the real docker CLI against this engine; throws when it fails. */
  docker(...args: string[]): Promise<string>;
  /** Removes every container. */
  clear(): Promise<void>;
}

/** Seconds that one command may take; dockerd needs half a minute to take five hundred ports away. */
const longest = 150;

/** Naru, and dockerd when there is one; `stack` ends them. */
export async function startEngines(stack: AsyncDisposableStack): Promise<Engine[]> {
  const engines = [stack.use(await startNaru())];
  if ((await run('sh', ['-c', 'command -v dockerd'])).code === 0) engines.push(stack.use(await startDockerd()));
  else console.log('dockerd is not installed; to compare with it: apt-get install -y --no-install-recommends docker.io\n');
  for (const engine of engines) await engine.docker('import', '-c', 'CMD ["sh"]', await busyboxTar(), 'busybox:latest');
  return engines;
}

/** What both have in common. */
function engineAt(name: string, socket: string, pid: number, env: NodeJS.ProcessEnv, end: () => Promise<void>): Engine {
  const docker: Engine['docker'] = (...args) => ok('docker', args, { env, timeout: longest * 1000 });
  const clear = async (): Promise<void> => {
    const ids = (await docker('ps', '-aq')).split('\n').filter(Boolean);
    if (ids.length > 0) await docker('rm', '-f', '-v', ...ids);
  };
  return { name, socket, pid, env, docker, clear, [Symbol.asyncDispose]: end };
}

async function startNaru(): Promise<Engine> {
  const daemon = await Daemon.start('--log-level', 'error', '--insecure-registry', '127.0.0.0/8');
  return engineAt('naru', daemon.host.slice('unix://'.length), daemon.pid, daemon.env, () => daemon[Symbol.asyncDispose]());
}

/** Bridges, rules and mounts of its are gone with its namespaces. */
async function startDockerd(): Promise<Engine> {
  const directory = await mkdtemp(join(tmpdir(), 'naru-bench-dockerd-'));
  const socket = join(directory, 'docker.sock');
  const command = `ip link set lo up; mount -t tmpfs none /run; exec dockerd --host unix://${socket} --data-root ${directory}/data --exec-root ${directory}/exec --pidfile ${directory}/pid --log-level error`;
  const child = spawn('unshare', ['--net', '--mount', 'sh', '-c', command], { stdio: 'ignore' });
  const env = { DOCKER_HOST: `unix://${socket}`, DOCKER_BUILDKIT: '0', DOCKER_CONFIG: directory };
  const engine = engineAt('dockerd', socket, child.pid ?? 0, env, () => stopDockerd(child, directory));
  try {
    await until('dockerd answers', async () => (await run('docker', ['version'], { env })).code === 0, 60);
    return engine;
  } catch (error) {
    await stopDockerd(child, directory);
    throw error;
  }
}

async function stopDockerd(child: ChildProcess, directory: string): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    const closed = once(child, 'exit');
    child.kill('SIGTERM');
    await closed;
  }
  await run('sh', ['-c', `umount -q ${directory}/data/overlay2 ${directory}/data || true`]);
  await rm(directory, { recursive: true, force: true });
}
