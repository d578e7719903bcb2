import { existsSync, readlinkSync } from 'node:fs';
import { resolve } from 'node:path';
import { InvalidArgument, tolerating } from '#base';
import type { OciProcess } from '#spec';
import { createContainer, type Created } from '../../direct/create.ts';
import { readBundle, writePidFile } from '../bundle.ts';
import type { Command, Invocation } from '../command.ts';
import { sendPidfd } from '../pidfd-socket.ts';

/** Flags of all that start a process. */
export const processFlags = [
  { name: 'console-socket', value: true },
  { name: 'pid-file', value: true },
  { name: 'pidfd-socket', value: true },
  { name: 'preserve-fds', value: true },
] as const;

/** Flags that `create` and `run` share. */
export const createFlags = [...processFlags, { name: 'bundle', short: 'b', value: true }, { name: 'no-pivot' }, { name: 'no-new-keyring' }] as const;

/** `create`: everything of the container exists, and its first process waits, the child of whoever reaps ours. */
export const create: Command = {
  usage: 'create [options] <container-id>',
  help: 'create a container',
  flags: createFlags,
  takes: [1, 1],
  failure: 'runc create failed',
  async run(invocation) {
    const { launch } = await makeContainer(invocation, { detached: true, reaper: false });
    await launch.release();
    return 0;
  },
};

/** Makes the container of the invocation's bundle and writes its pid. What fails leaves nothing. */
export async function makeContainer(invocation: Invocation, { detached, reaper }: { detached: boolean; reaper: boolean }): Promise<Created> {
  const { root, shimPath, log } = invocation;
  const { bundle, spec } = readBundle(invocation.text('bundle') ?? '.');
  const passed = passedDescriptors(invocation);
  const withFds = spec.process && passed.listening > 0 ? { ...spec, process: withListenFds(spec.process, passed.listening) } : spec;
  const created = await createContainer({
    root,
    shimPath,
    id: invocation.id(),
    bundle,
    spec: withFds,
    consoleSocket: consoleSocketOf(invocation, spec.process?.terminal ?? false, detached),
    preserved: passed.count,
    noPivot: invocation.isSet('no-pivot'),
    keepKeyring: invocation.isSet('no-new-keyring'),
    systemd: invocation.systemd,
    notify: Boolean(process.env['NOTIFY_SOCKET']),
    reaper,
    warn: (message) => log.write('warning', message),
    warnFirst: (message) => log.warnFirst(message),
    debug: (message) => log.write('debug', message),
  });
  try {
    sendPidfd(invocation.text('pidfd-socket'), 'standard', created.launch.pid, (message) => log.write('warning', message));
    writePidFile(invocation.text('pid-file'), created.launch.pid);
    return created;
  } catch (error) {
    const { removeContainer } = await import('../../direct/remove.ts');
    await removeContainer(created.container, (message) => log.write('warning', message));
    throw error;
  }
}

/** Throws InvalidArgument in runC's words where a terminal has no place to go, or nothing would come to the socket. */
export function consoleSocketOf(invocation: Invocation, terminal: boolean, detached: boolean): string | undefined {
  const path = invocation.text('console-socket');
  if (detached && terminal && !path) throw new InvalidArgument('cannot allocate tty if runc will detach without setting console socket');
  if (path && !(detached && terminal)) throw new InvalidArgument('cannot use console socket if runc will not detach or allocate tty');
  if (path && !existsSync(path)) throw new InvalidArgument(`dial unix ${path}: connect: no such file or directory`);
  return path && resolve(path);
}

/** The descriptors from 3 on that a process is to have: those of LISTEN_FDS that are meant for us, and `--preserve-fds`. */
export function passedDescriptors(invocation: Invocation): { count: number; listening: number } {
  const { LISTEN_FDS = '0', LISTEN_PID } = process.env;
  const listening = LISTEN_PID === String(process.pid) ? Number(LISTEN_FDS) || 0 : 0;
  const preserved = invocation.number('preserve-fds');
  if (preserved < 0) throw new InvalidArgument(`invalid value "${preserved}" for flag -preserve-fds: parse error`);
  for (let fd = 3; fd < 3 + listening + preserved; fd++) {
    if (!isGiven(fd)) throw new InvalidArgument(`unable to stat preserved-fd ${fd - 3} (of ${preserved}): file descriptor ${fd} is not open`);
  }
  return { count: listening + preserved, listening };
}

/** Open, and not one of Node's own: the first that nobody gave us is its event loop's. */
function isGiven(fd: number): boolean {
  return tolerating(['ENOENT'], false, () => !/^anon_inode:\[(?:eventpoll|eventfd|io_uring)\]$/.test(readlinkSync(`/proc/self/fd/${fd}`)));
}

/** systemd's protocol (sd_listen_fds(3)): the program is process 1 of the container. */
export function withListenFds(wanted: OciProcess, listening: number): OciProcess {
  return listening > 0 ? { ...wanted, env: [...(wanted.env ?? []), `LISTEN_FDS=${listening}`, 'LISTEN_PID=1'] } : wanted;
}
