import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Conflict, InvalidArgument } from '#base';
import { checkpointContainer, findCriu } from '../../criu/dump.ts';
import { statusOf } from '../../direct/container.ts';
import { cgroupModes, type CriuOptions, type CriuSwitch } from '../../criu/request.ts';
import { removeContainer } from '../../direct/remove.ts';
import { canNotify, withNotifySocket } from '../../direct/notify.ts';
import { readBundle } from '../bundle.ts';
import type { Command, Invocation } from '../command.ts';

/** Flags of `checkpoint` and `restore` that are CRIU's own. */
export const criuSwitches = ['tcp-established', 'ext-unix-sk', 'shell-job', 'file-locks', 'lazy-pages', 'auto-dedup'] as const;
export const criuFlags = [
  { name: 'image-path', value: true },
  { name: 'work-path', value: true },
  { name: 'manage-cgroups-mode', value: true },
  { name: 'empty-ns', value: true },
  ...criuSwitches.map((name) => ({ name })),
];

export const checkpoint: Command = {
  usage: 'checkpoint [options] <container-id>',
  help: 'checkpoint a running container (by CRIU)',
  flags: [
    ...criuFlags,
    { name: 'parent-path', value: true },
    { name: 'status-fd', value: true },
    { name: 'page-server', value: true },
    { name: 'leave-running' },
    { name: 'pre-dump' },
  ],
  takes: [1, 1],
  async run(invocation) {
    const container = invocation.container();
    const status = statusOf(container);
    if (status !== 'running' && status !== 'paused') throw new Conflict(`Container cannot be checkpointed in ${status} state`);
    const criu = findCriu(invocation.criu);
    const [preDump, stays] = [invocation.isSet('pre-dump'), invocation.isSet('leave-running')];
    const options = criuOptionsOf(invocation, stays ? ['leave-running'] : []);
    const { spec: plain } = readBundle(container.record.bundle);
    const spec = canNotify(container.directory) ? withNotifySocket(plain, container.directory) : plain;
    await checkpointContainer(criu, { pid: container.record.pid, cgroup: container.cgroup, spec }, { ...options, preDump, parent: invocation.text('parent-path'), statusFd: statusFdOf(invocation), pageServer: pageServerOf(invocation) });
    if (!stays && !preDump) await removeContainer(container, (message) => invocation.log.write('warning', message));
    return 0;
  },
};

/** Where the images are and what CRIU is told, from the flags. */
export function criuOptionsOf(invocation: Invocation, more: readonly CriuSwitch[]): CriuOptions {
  const images = resolve(invocation.text('image-path') ?? 'checkpoint');
  for (const name of invocation.list('empty-ns')) if (name !== 'network') throw new InvalidArgument(`namespace "${name}" is not supported`);
  const mode = invocation.text('manage-cgroups-mode') ?? 'soft';
  if (!isCgroupsMode(mode)) throw new InvalidArgument('Invalid manage cgroups mode');
  return {
    images,
    work: resolve(invocation.text('work-path') ?? images),
    switches: [...criuSwitches.filter((name) => invocation.isSet(name)), ...more],
    manageCgroups: mode,
  };
}

const isCgroupsMode = (mode: string): mode is CriuOptions['manageCgroups'] => Object.hasOwn(cgroupModes, mode);

/** Throws InvalidArgument in runC's words for a descriptor that is not open, or only to be read. */
function statusFdOf(invocation: Invocation): number | undefined {
  const fd = invocation.text('status-fd') === undefined ? -1 : invocation.number('status-fd');
  if (fd < 0 || !invocation.isSet('lazy-pages')) return undefined;
  const refused = (reason: string, cause?: unknown) => new InvalidArgument(`invalid --status-fd argument ${fd}: ${reason}`, { cause });
  let flags: string;
  try {
    flags = readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8');
  } catch (error) {
    throw refused('bad file descriptor', error);
  }
  if (!/^flags:\s+\d*[12]$/m.test(flags)) throw refused('not writable');
  return fd;
}

/** Throws InvalidArgument in runC's words. An IPv6 address may stand in brackets. */
function pageServerOf(invocation: Invocation) {
  const text = invocation.text('page-server');
  if (!text) return undefined;
  const [, bracketed, plain, port = ''] = /^(?:\[(.+)\]|([^:]+)):([^:]+)$/.exec(text) ?? [];
  const address = bracketed ?? plain;
  if (!address || !port) throw new InvalidArgument('Use --page-server ADDRESS:PORT to specify page server');
  if (!/^\d{1,5}$/.test(port)) throw new InvalidArgument('Invalid port number');
  return { address, port: Number(port) };
}
