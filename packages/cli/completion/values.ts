/** Values of flags, for completion. */
import { calls } from '#client';
import { allCapabilities } from '#spec';
import type { Cli } from '../cli.ts';
import { filterValues } from './filters.ts';
import { logOptions } from './log-options.ts';
import { namesOf } from './names.ts';

export type Candidate = readonly [word: string, description: string];

/** Candidates, and what the shell does besides (see complete.ts). */
export interface Completion {
  readonly candidates: readonly Candidate[];
  readonly directive: number;
}

export const noSpace = 2;
export const noFiles = 4;

/** Let the shell look for file names. */
export const files: Completion = { candidates: [], directive: 0 };
export const nothing: Completion = { candidates: [], directive: noFiles };

/** A flag whose value is asked for, and what stands before it. */
export interface Asked {
  /** Of the command: `['container', 'run']`. */
  readonly path: readonly string[];
  readonly flag: string;
  /** The flags before it, with their values. */
  readonly flagsGiven: ReadonlyMap<string, string>;
}

const signals = 'ABRT ALRM BUS CHLD CLD CONT FPE HUP ILL INT IO IOT KILL PIPE POLL PROF PWR QUIT SEGV STKFLT STOP SYS TERM TRAP TSTP TTIN TTOU URG USR1 USR2 VTALRM WINCH XCPU XFSZ'.split(' ');
const ulimits = 'as chroot core cpu data fsize locks maxlogins maxsyslogins memlock msgqueue nice nofile nproc priority rss rtprio sigpending stack'.split(' ');

/** Choices that a flag has whatever command it belongs to; those that end in `=` or `:` go on after it. */
const choices: Readonly<Record<string, readonly string[]>> = {
  'attach': ['stderr', 'stdin', 'stdout'],
  'pull': ['always', 'missing', 'never'],
  'restart': ['no', 'always', 'on-failure', 'unless-stopped'],
  'log-level': ['debug', 'info', 'warn', 'error', 'fatal'],
  'cap-add': ['ALL', ...allCapabilities],
  'cap-drop': ['ALL', ...allCapabilities],
  'cgroupns': ['host', 'private'],
  'detach-keys': ['ctrl-'],
  'uts': ['host'],
  'userns': ['host'],
  'security-opt': ['apparmor=', 'label=', 'no-new-privileges', 'seccomp=', 'systempaths=unconfined'],
  'storage-opt': ['size='],
  'ulimit': ulimits.map((name) => `${name}=`),
  'platform': 'linux/386 linux/amd64 linux/arm linux/arm/v5 linux/arm/v6 linux/arm/v7 linux/arm64 linux/arm64/v8 linux/ppc64le linux/s390x linux/riscv64 windows/amd64 wasip1/wasm'.split(' '),
  'signal': [...signals, 'RTMIN', ...counted('RTMIN+', 15), 'RTMAX', ...counted('RTMAX-', 14)].sort(),
  'arch': ['386', 'amd64', 'arm', 'arm64', 'loong64', 'mips64le', 'ppc64le', 'riscv64', 's390x'],
  'os': ['linux', 'windows'],
};

/** Flags of run and create that mean files of this machine; the others' values are nothing that a shell could know. */
const fileFlags = new Set(['cidfile', 'device', 'env-file', 'label-file', 'volume']);

/** Values of a flag that begin as `typed`. */
export async function valuesOf(asked: Asked, typed: string, cli: Cli): Promise<Completion> {
  const values = await candidatesFor(asked, typed, cli).catch(() => []); // no engine, no names
  if (values === undefined) return /^(?:run|create)$/.test(asked.path.at(-1) ?? '') && !fileFlags.has(asked.flag) ? nothing : files;
  const fitting = values.filter((value) => value.startsWith(typed));
  const goesOn = fitting.length > 0 && fitting.every((value) => /[=:]$|^ctrl-$/.test(value));
  return { candidates: fitting.map((value) => [value, '']), directive: goesOn ? noSpace | noFiles : noFiles };
}

/** Undefined where nothing is known. Rejects where no engine answers. */
async function candidatesFor({ path, flag, flagsGiven }: Asked, typed: string, cli: Cli): Promise<readonly string[] | undefined> {
  switch (flag) {
    case 'filter': return await filterValues(path, typed, cli);
    case 'network': return await namesOf(cli, 'network');
    case 'context': return await namesOf(cli, 'context');
    case 'volumes-from': return await namesOf(cli, 'container');
    case 'link': return (await namesOf(cli, 'container')).map((name) => `${name}:`);
    case 'ipc': case 'pid': return await namespaces(flag, typed, cli);
    case 'env': return Object.keys(cli.env);
    case 'stop-signal': return choices['signal'];
    case 'log-opt': return logOptions(flagsGiven.get('log-driver'));
    case 'log-driver': return await drivers('Log', cli);
    case 'volume-driver': return await drivers('Volume', cli);
    case 'driver': return await drivers(path[0] === 'volume' ? 'Volume' : 'Network', cli);
    case 'runtime': return Object.keys((await cli.engine().call(calls.info)).Runtimes ?? {});
    case 'type': return path.includes('volume') ? ['block', 'mount'] : ['container', 'image', 'network', 'plugin', 'volume'];
    default: return choices[flag];
  }
}

async function drivers(kind: 'Log' | 'Network' | 'Volume', cli: Cli): Promise<readonly string[]> {
  const { Plugins } = await cli.engine().call(calls.info);
  return (Plugins as Readonly<Record<string, readonly string[] | null>> | undefined)?.[kind] ?? [];
}

/** Whose namespace may be shared: once a container's is meant, the containers. */
async function namespaces(flag: 'ipc' | 'pid', typed: string, cli: Cli): Promise<string[]> {
  if (typed.startsWith('container:')) return (await namesOf(cli, 'container')).map((name) => `container:${name}`);
  return flag === 'ipc' ? ['container:', 'host', 'none', 'private', 'shareable'] : ['container:', 'host'];
}

function counted(prefix: string, most: number): string[] {
  return Array.from({ length: most }, (_, index) => `${prefix}${index + 1}`);
}
