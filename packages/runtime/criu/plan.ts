/** The plan of a container whose processes CRIU makes: they fall to the shim when it has gone. Pure. */
import { posix } from 'node:path';
import { StdioFlag, type LaunchPlan, type Operation } from '#shim';
import type { OciSpec } from '#spec';
import { compileMounts, compileRootMounts, type CgroupView, type RootMount } from '../compile/mounts.ts';
import { cloneFlags } from '../compile/names.ts';
import { CONNECTION_FD, inheritedNamespaces } from './request.ts';

const SLAVES = 0x84000; // MS_SLAVE | MS_REC
const BIND = 0x1000; // MS_BIND

/** In the directory that the shim works in: where CRIU reaches us, the terminal's master comes, the first process's pid stands. */
export const connectionName = 'criu.sock';
export const consoleName = 'console.sock';
export const pidFileName = 'restored.pid';

export interface RestoreInput {
  /** The program, by absolute path. */
  readonly criu: string;
  readonly mountedRoot: string;
  readonly cgroups: CgroupView | undefined;
  /** Mounts that make the root; none where it is there already. */
  readonly rootfs: readonly RootMount[];
  /** cgroup.procs of each hierarchy that CRIU is to be in, with what it makes, where it is told to leave cgroups alone. */
  readonly enter?: readonly string[];
  readonly terminal: boolean;
  /** Who gets the terminal in the shim's place. */
  readonly consoleSocket: string | undefined;
  /** What the shim is to know, before the stage; stdio is the launcher's own where nothing of it is said. */
  readonly setup: readonly Operation[];
}

/** CRIU finds every mount point there, also those inside binds, and a root that nothing is mounted in. */
export function restorePlan(spec: OciSpec, { criu, mountedRoot, cgroups, rootfs, enter = [], terminal, consoleSocket, setup }: RestoreInput): LaunchPlan {
  const root = spec.root?.path ?? '';
  const said = setup.some(({ op }) => op === 'stdio');
  return [
    ...setup,
    ...(said ? [] : [{ op: 'stdio', flags: terminal ? StdioFlag.terminal | StdioFlag.stdin : StdioFlag.inherit } as const]),
    ...(consoleSocket ? [{ op: 'console-socket', path: consoleSocket } as const] : []),
    { op: 'stage' },
    ...(enter.length > 0 ? [{ op: 'cgroup', files: enter } as const] : []),
    ...(terminal ? [{ op: 'console-listen', path: consoleName } as const] : []),
    { op: 'unshare', types: cloneFlags.mount },
    { op: 'propagation', path: '/', flags: SLAVES },
    ...compileRootMounts(root, rootfs, spec.linux?.mountLabel),
    { op: 'root', path: root },
    ...mountPoints(spec, cgroups),
    { op: 'mount', source: root, target: mountedRoot, type: 'bind', flags: BIND, data: '', directory: '' },
    { op: 'dial', path: connectionName, number: CONNECTION_FD }, // from where CRIU is to see paths
    { op: 'adopt', pidFile: pidFileName, arguments: withNamespaces(spec, [criu, 'swrk', String(CONNECTION_FD)]), environment: [`PATH=${process.env['PATH'] ?? ''}`] },
    { op: 'ready', wait: 0 },
  ];
}

/** The words of a command that has the namespaces open that `inheritedNamespaces` numbers. */
function withNamespaces(spec: OciSpec, words: readonly string[]): string[] {
  const given = inheritedNamespaces(spec);
  if (given.length === 0) return [...words];
  const opens = given.map(({ fd }, index) => `${fd}<"$${index + 1}"`).join(' ');
  return ['/bin/sh', '-c', `exec ${opens}; shift ${given.length}; exec "$@"`, 'sh', ...given.map(({ path }) => path), ...words];
}

/** Binds are made, so that those inside them find their places; what lies on a tmpfs is in the dump. */
function mountPoints(spec: OciSpec, cgroups: CgroupView | undefined): Operation[] {
  const mounts = spec.mounts ?? [];
  const temporary = mounts.filter(({ type }) => type === 'tmpfs').map(({ destination }) => posix.join('/', destination, '/'));
  const kept = mounts.filter(({ type, destination }) => !type?.startsWith('cgroup') && !temporary.some((path) => posix.join('/', destination).startsWith(path)));
  const { place } = compileMounts({ ...spec, mounts: kept }, cgroups, { root: spec.root?.path ?? '', ahead: false });
  return place.flatMap((operation): Operation[] => (operation.op === 'mount-fs' ? [{ op: 'directory', path: operation.destination, mode: 0o755 }] : operation.op === 'relabel' ? [] : operation.op === 'take' ? [{ ...operation, uidMap: '', gidMap: '' }] : [operation]));
}
