/**
 * Starts naru-shim. posix_spawn (vfork underneath) costs a fraction of what Node's child_process does and returns when
 * the exec is under way. The shim stays our child: to go into the background it would have to fork once more, a tenth
 * of what its start costs. Whose daemon ends first is taken by init.
 *
 * The program runs from a sealed memfd, never from its file: a container that reaches /proc/PID/exe of a process on
 * its way in (CVE-2019-5736) finds nothing that can be written.
 */
import { closeSync, openSync, readFileSync } from 'node:fs';
import { Socket } from 'node:net';
import { bind, bindInThread, check, SystemError } from '#kernel';

const AF_UNIX = 1;
const SOCK_STREAM_CLOEXEC = 1 | 0o2000000;
const MFD_CLOEXEC = 1;
const MFD_ALLOW_SEALING = 2;
const MFD_EXEC = 0x10;
const F_ADD_SEALS = 1033;
const F_DUPFD_CLOEXEC = 1030;
const ALL_SEALS = 0xf;
const EIO = 5;
const WNOHANG = 1;
/** Milliseconds between two looks at a shim whose connection has ended, at most. */
const LONGEST_PAUSE = 60_000;
/** Where a container's shim finds its first connection. */
const CONTROL_FD = 3;

type PosixSpawn = [pid: Int32Array, path: string, actions: Buffer, attributes: null, argv: (string | null)[], env: (string | null)[]];

const posixSpawn = 'int posix_spawn(int *pid, const char *path, const void *actions, const void *attributes, const char **argv, const char **env)';
/** It returns when the kernel has loaded the program, which nobody else need wait for. */
const posixSpawnInThread = bindInThread<PosixSpawn>(posixSpawn);
/** For a command that has nothing else to do: its first thread costs it more than that. */
const posixSpawnAtOnce = bind<(...args: PosixSpawn) => number>(posixSpawn);
const actionsInit = bind<(actions: Buffer) => number>('int posix_spawn_file_actions_init(void *actions)');
const actionsDestroy = bind<(actions: Buffer) => number>('int posix_spawn_file_actions_destroy(void *actions)');
const actionsDup2 = bind<(actions: Buffer, from: number, to: number) => number>('int posix_spawn_file_actions_adddup2(void *actions, int from, int to)');
const socketpair = bind<(domain: number, type: number, protocol: number, pair: Int32Array) => number>(
  'int socketpair(int domain, int type, int protocol, int *pair)',
);
const waitpid = bind<(pid: number, status: null, options: number) => number>('int waitpid(int pid, void *status, int options)');
const memfdCreate = bind<(name: string, flags: number) => number>('int memfd_create(const char *name, unsigned int flags)');
const fcntl = bind<(fd: number, command: number, argument: number) => number>('int fcntl(int fd, int command, int argument)');
const write = bind<(fd: number, bytes: Uint8Array, length: number) => number>('long write(int fd, const void *bytes, size_t length)');

/** naru-shim in memory, ready to be run any number of times. */
export class ShimImage implements Disposable {
  readonly fd: number;

  /** Reads the program at `path`. */
  constructor(path: string) {
    this.fd = sealedCopy(readFileSync(path));
  }

  [Symbol.dispose](): void {
    closeSync(this.fd);
  }
}

function sealedCopy(program: Uint8Array): number {
  const fd = createMemfd();
  if (check('write', write(fd, program, program.length)) !== program.length) throw new SystemError('write', EIO, 'naru-shim');
  check('fcntl', fcntl(fd, F_ADD_SEALS, ALL_SEALS));
  return fd;
}

/** MFD_EXEC is unknown before Linux 6.3, where every memfd may be executed. */
function createMemfd(): number {
  try {
    return check('memfd_create', memfdCreate('naru-shim', MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_EXEC));
  } catch (error) {
    if (!(error instanceof SystemError) || error.code !== 'EINVAL') throw error;
    return check('memfd_create', memfdCreate('naru-shim', MFD_CLOEXEC | MFD_ALLOW_SEALING));
  }
}

/**
 * Starts a shim that works in `directory`; `label` stands in its argv for a person who looks at `ps`. Gives the first
 * connection, on which it has said nothing yet; when that has closed the shim's end is seen to. Throws SystemError when it
 * cannot be started.
 */
export async function spawnShim(image: ShimImage, directory: string, label: string): Promise<Socket> {
  const nowhere = openSync('/dev/null', 'r+');
  try {
    const { fd, pid } = await spawn(image, { call: posixSpawnInThread, words: ['--control', directory, label], descriptors: [[nowhere, 0], [nowhere, 1], [nowhere, 2]], control: CONTROL_FD });
    return new Socket({ fd, readable: true, writable: true }).once('close', () => reapLater(pid));
  } finally {
    closeSync(nowhere);
  }
}

/** A shim ends a moment after its connection, or lives on when it was we who closed that. */
function reapLater(pid: number, pause = 1): void {
  if (waitpid(pid, null, WNOHANG) === 0) setTimeout(reapLater, pause, pid, Math.min(2 * pause, LONGEST_PAUSE)).unref();
}

export interface SpawnedShim {
  /** The connection to read; the shim has said nothing on it yet. */
  readonly socket: Socket;
  /** What is written to it, apart: a write that fails leaves unread what the shim said last. */
  readonly writer: Socket;
  /** Call once the connection has ended: takes the shim off the process table. */
  reap(): void;
}

export interface ForegroundShim {
  readonly directory: string;
  readonly label: string;
  /** How many of our descriptors from 3 on it is to have. */
  readonly preserved: number;
  /** It takes the orphans of what it launched. */
  readonly reaper: boolean;
}

/**
 * Starts a shim for one launch of a command line: it is our child, has our stdio, and goes when its connection ends, which
 * makes what it launched the child of whoever reaps ours. Throws SystemError when it cannot be started.
 */
export async function spawnForeground(image: ShimImage, { directory, label, preserved, reaper }: ForegroundShim): Promise<SpawnedShim> {
  /* Node has closed all of them on exec: a descriptor that is put onto itself stays open. */
  const kept = Array.from({ length: 3 + preserved }, (_, fd): [number, number] => [fd, fd]);
  const { fd, pid } = await spawn(image, { call: posixSpawnAtOnce, words: [reaper ? '--reap' : '--launch', directory, label], descriptors: kept });
  const writing = check('fcntl', fcntl(fd, F_DUPFD_CLOEXEC, 0));
  return { socket: new Socket({ fd, readable: true, writable: false }), writer: new Socket({ fd: writing, readable: false, writable: true }), reap: () => void waitpid(pid, null, 0) };
}

type Descriptors = readonly (readonly [from: number, to: number])[];

interface Spawn {
  readonly call: (...args: PosixSpawn) => number | Promise<number>;
  /** The mode first. */
  readonly words: readonly string[];
  readonly descriptors: Descriptors;
  /** The number that the shim's end of the connection has there; the one that it has here when not given. */
  readonly control?: number;
}

/** Gives our end of the connection. */
async function spawn(image: ShimImage, { call, words: [mode = '', ...words], descriptors, control }: Spawn): Promise<{ fd: number; pid: number }> {
  const pair = new Int32Array(2);
  check('socketpair', socketpair(AF_UNIX, SOCK_STREAM_CLOEXEC, 0, pair));
  const [ours = -1, theirs = -1] = pair;
  try {
    const there = control ?? theirs;
    const pid = await posixSpawnOf(call, image.fd, ['naru-shim', mode, String(there), ...words], [...descriptors, [theirs, there]]);
    return { fd: ours, pid };
  } catch (error) {
    closeSync(ours);
    throw error;
  } finally {
    closeSync(theirs);
  }
}

async function posixSpawnOf(call: Spawn['call'], program: number, argv: readonly string[], descriptors: Descriptors): Promise<number> {
  const pid = new Int32Array(1);
  const actions = Buffer.alloc(256); // posix_spawn_file_actions_t is 80 bytes in glibc
  check('posix_spawn_file_actions_init', -actionsInit(actions));
  try {
    for (const [from, to] of descriptors) actionsDup2(actions, from, to);
    const failed = await call(pid, `/proc/self/fd/${program}`, actions, null, [...argv, null], ['PATH=/usr/sbin:/usr/bin:/sbin:/bin', null]);
    if (failed !== 0) throw new SystemError('posix_spawn', failed, 'naru-shim');
    return pid[0] ?? -1;
  } finally {
    actionsDestroy(actions);
  }
}
