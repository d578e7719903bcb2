/**
 * Rootless: an ordinary user's daemon makes itself at home in a user namespace where it is root (user_namespaces(7)),
 * with all of the user's subordinate ids (subuid(5)), and starts itself again there. Everything else in Naru runs
 * there as it does for root.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { dirname } from 'node:path';
import { findCommand, ownDirectory, tolerating, Unavailable } from '#base';
import { startTimeOf } from '#kernel';
import { fallbackDirectory, ownerVariable } from './directories.ts';
import { readHome, writeHome, type Home } from './home.ts';
import { endStrays, findUplink, startUplink } from './uplink.ts';

/** Replaces this process by the same command inside the home of `execRoot`, which is made when there is none. Throws Unavailable. */
export async function enterHome(execRoot: string, command: readonly string[]): Promise<never> {
  secure(execRoot, userInfo().uid);
  const home = readHome(execRoot) ?? (await makeHome(execRoot));
  const nsenter = required('nsenter', 'util-linux');
  process.execve?.(nsenter, ['nsenter', ...enterArguments(home, process.cwd()), ...command], { ...process.env, [ownerVariable]: String(userInfo().uid) });
  throw new Unavailable('nsenter cannot be started');
}

/** What lies there names processes that we will trust. */
function secure(execRoot: string, uid: number): void {
  const advice = 'set XDG_RUNTIME_DIR or --exec-root';
  if (dirname(execRoot) === fallbackDirectory(uid)) ownDirectory(fallbackDirectory(uid), uid, advice);
  ownDirectory(execRoot, uid, advice);
}

/** nsenter(1): the user keeps his ids, which are root's inside. */
export function enterArguments(home: Home, directory: string): string[] {
  return ['-t', String(home.pid), '--user', '--preserve-credentials', '--mount', ...(home.uplink ? ['--net'] : []), `--wdns=${directory}`, '--'];
}

async function makeHome(execRoot: string): Promise<Home> {
  const uplink = findUplink();
  endStrays(execRoot);
  const { pid, stay, end } = await startHolder(keepArguments({ ownNetwork: uplink !== undefined, manyIds: hasSubordinateIds() }));
  const self = { pid, started: startTimeOf(pid) ?? '' };
  try {
    const home = { ...self, uplink: uplink ? await startUplink(uplink, pid, execRoot) : null };
    writeHome(execRoot, home);
    await stay();
    return home;
  } catch (error) {
    end();
    throw error;
  }
}

/** unshare(1): mounts of the host go on showing up inside, not the other way round. */
export function keepArguments({ ownNetwork, manyIds }: { ownNetwork: boolean; manyIds: boolean }): string[] {
  const ids = ['--user', '--map-root-user', ...(manyIds ? ['--map-auto'] : [])];
  const network = ownNetwork ? ['--net'] : [];
  const begin = `${ownNetwork ? 'ip link set lo up && ' : ''}echo ready && read -r recorded && exec sleep infinity </dev/null >/dev/null 2>&1`;
  return [...ids, '--mount', '--propagation', 'slave', ...network, '--', '/bin/sh', '-c', begin];
}

interface Holder {
  readonly pid: number;
  /** It is on record, and needs us no longer. */
  stay(): Promise<void>;
  end(): void;
}

/** Until it is told to stay it ends with us, by the end of its input. */
async function startHolder(words: readonly string[]): Promise<Holder> {
  const child = spawn(required('unshare', 'util-linux'), words, { detached: true, stdio: ['pipe', 'pipe', 'pipe'], env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' } });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const first = await Promise.race([once(child.stdout, 'data').then(() => 'ready'), once(child, 'exit')]);
  if (first !== 'ready') throw new Unavailable(`this user cannot have a user namespace: ${said.trim()}`);
  child.unref();
  child.stdout.destroy();
  child.stderr.destroy();
  const stay = (): Promise<void> => new Promise((resolve) => child.stdin.end('recorded\n', () => resolve()));
  return { pid: child.pid ?? -1, stay, end: () => void child.kill('SIGKILL') };
}

/** Without newuidmap or without ranges of his own a user has one id: his own, as root. */
function hasSubordinateIds(): boolean {
  const { username, uid } = userInfo();
  const owns = (file: string): boolean => lines(file).some((line) => [username, String(uid)].includes(line.split(':')[0] ?? ''));
  return findCommand('newuidmap') !== undefined && owns('/etc/subuid') && owns('/etc/subgid');
}

function lines(file: string): string[] {
  return tolerating(['ENOENT'], [], () => readFileSync(file, 'utf8').split('\n'));
}

function required(command: string, debianPackage: string): string {
  const path = findCommand(command);
  if (!path) throw new Unavailable(`a daemon without root needs ${command}: sudo apt-get install -y ${debianPackage}`);
  return path;
}
