import { Conflict, InvalidArgument } from '#base';
import { signalProcess } from '#kernel';
import type { OciProcess } from '#spec';
import { type Container, statusOf } from '../../direct/container.ts';
import { execProcess } from '../../direct/exec.ts';
import { readBundle, readProcess, writePidFile } from '../bundle.ts';
import type { Command, Invocation } from '../command.ts';
import { sendPidfd } from '../pidfd-socket.ts';
import { followToEnd } from '../follow.ts';
import { consoleSocketOf, passedDescriptors, processFlags, withListenFds } from './create.ts';

const SIGKILL = 9;

export const exec: Command = {
  usage: 'exec [options] <container-id> <command> [argument…]  ||  exec -p FILE <container-id>',
  help: 'execute a new process inside a container',
  flags: [
    ...processFlags,
    { name: 'cwd', value: true },
    { name: 'env', short: 'e', value: true },
    { name: 'tty', short: 't' },
    { name: 'user', short: 'u', value: true },
    { name: 'additional-gids', short: 'g', value: true },
    { name: 'process', short: 'p', value: true },
    { name: 'detach', short: 'd' },
    { name: 'process-label', value: true },
    { name: 'apparmor', value: true },
    { name: 'no-new-privs' },
    { name: 'cap', short: 'c', value: true },
    { name: 'cgroup', value: true },
    { name: 'ignore-paused' },
  ],
  takes: [1, Infinity],
  passesWords: true,
  failure: 'exec failed',
  failureCode: 255,
  async run(invocation) {
    const container = invocation.container();
    refuseByStatus(container, invocation.isSet('ignore-paused'));
    const { count, listening } = passedDescriptors(invocation);
    const process = withListenFds(processOf(invocation, container), listening);
    const detached = invocation.isSet('detach');
    const launch = await execProcess(container, {
      shimPath: invocation.shimPath,
      process,
      consoleSocket: consoleSocketOf(invocation, process.terminal ?? false, detached),
      preserved: count,
      cgroups: invocation.list('cgroup'),
      detached,
      warn: (message) => invocation.log.write('warning', message),
      debug: (message) => invocation.log.write('debug', message),
    });
    try {
      sendPidfd(invocation.text('pidfd-socket'), 'setns', launch.pid, (message) => invocation.log.write('warning', message));
      writePidFile(invocation.text('pid-file'), launch.pid);
    } catch (error) {
      signalProcess(launch.pid, SIGKILL); // nobody would know of it
      throw error;
    }
    if (!detached) return followToEnd(launch, process.terminal ?? false, async () => undefined);
    await launch.release();
    return 0;
  },
};

function refuseByStatus(container: Container, paused: boolean): void {
  const status = statusOf(container);
  if (status === 'stopped') throw new Conflict('cannot exec in a stopped container');
  if (status === 'paused' && !paused) throw new Conflict('cannot exec in a paused container (use --ignore-paused to override)');
}

/** The process of `--process`, or the container's own with another command; then what the flags change. */
function processOf(invocation: Invocation, { record }: Container): OciProcess {
  const file = invocation.text('process');
  if (file) return readProcess(file);
  const args = invocation.rest.slice(1);
  if (args.length === 0) throw new InvalidArgument('process args cannot be empty');
  const base = readBundle(record.bundle).spec.process ?? { cwd: '/', user: { uid: 0, gid: 0 } };
  return {
    ...base,
    args,
    cwd: invocation.text('cwd') ?? base.cwd,
    env: [...(base.env ?? []), ...invocation.list('env')],
    terminal: invocation.isSet('tty'),
    user: userOf(invocation, base.user),
    capabilities: capabilitiesOf(base.capabilities, invocation.list('cap')),
    ...(invocation.text('no-new-privs') !== undefined && { noNewPrivileges: invocation.isSet('no-new-privs') }),
    ...(invocation.text('process-label') && { selinuxLabel: invocation.text('process-label') ?? '' }),
    ...(invocation.text('apparmor') && { apparmorProfile: invocation.text('apparmor') ?? '' }),
  };
}

function userOf(invocation: Invocation, base: OciProcess['user']): OciProcess['user'] {
  const [uid, gid] = (invocation.text('user') ?? '').split(':');
  const groups = invocation.list('additional-gids').map((text) => number(text, 'additional gid'));
  return {
    ...base,
    ...(uid ? { uid: number(uid, 'uid') } : {}),
    ...(gid ? { gid: number(gid, 'gid') } : {}),
    additionalGids: [...(base.additionalGids ?? []), ...groups],
  };
}

function number(text: string, what: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgument(`parsing ${text} as int for ${what} failed`);
  return Number(text);
}

/** `--cap` adds to the sets that decide what the process can do now; to what its programs inherit where the container has some of that. */
function capabilitiesOf(base: OciProcess['capabilities'], more: readonly string[]): OciProcess['capabilities'] {
  if (more.length === 0) return base;
  const names = more.map((name) => (name.startsWith('CAP_') ? name : `CAP_${name}`));
  const with_ = (set: string[] | undefined): string[] => [...(set ?? []), ...names];
  return { ...base, bounding: with_(base?.bounding), effective: with_(base?.effective), permitted: with_(base?.permitted), ...(base?.inheritable && { ambient: with_(base.ambient) }) };
}
