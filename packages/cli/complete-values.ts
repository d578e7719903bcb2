/** Values of flags, for completion. */
import { allCapabilities } from '#spec';
import type { Cli } from './cli.ts';
import { namesOf } from './complete-names.ts';

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

/** Choices that a flag has whatever command it belongs to; those that end in `=` or `:` go on after it. */
const choices: Readonly<Record<string, readonly string[]>> = {
  pull: ['always', 'missing', 'never'],
  restart: ['no', 'always', 'on-failure', 'unless-stopped'],
  'log-driver': ['awslogs', 'fluentd', 'gelf', 'journald', 'json-file', 'local', 'none', 'splunk', 'syslog'],
  'log-level': ['debug', 'info', 'warn', 'error', 'fatal'],
  'cap-add': ['ALL', ...allCapabilities],
  'cap-drop': ['ALL', ...allCapabilities],
  cgroupns: ['host', 'private'],
  uts: ['host'],
  userns: ['host'],
  'security-opt': ['apparmor=', 'label=', 'no-new-privileges', 'seccomp=', 'systempaths=unconfined'],
  'storage-opt': ['size='],
  ulimit: 'as chroot core cpu data fsize locks maxlogins maxsyslogins memlock msgqueue nice nofile nproc priority rss rtprio sigpending stack'.split(' ').map((name) => `${name}=`),
  platform: 'linux/386 linux/amd64 linux/arm linux/arm/v5 linux/arm/v6 linux/arm/v7 linux/arm64 linux/arm64/v8 linux/ppc64le linux/riscv64 linux/s390x'.split(' '),
  signal: 'ABRT ALRM BUS CHLD CONT FPE HUP ILL INT IO KILL PIPE PROF PWR QUIT SEGV STKFLT STOP SYS TERM TRAP TSTP TTIN TTOU URG USR1 USR2 VTALRM WINCH XCPU XFSZ'.split(' '),
  filter: 'ancestor= before= container= daemon= dangling= driver= event= exited= expose= health= id= image= is-task= label= name= network= node= publish= reference= scope= since= status= type= until= volume='.split(' '),
  type: ['container', 'image', 'network', 'plugin', 'volume'],
  arch: ['386', 'amd64', 'arm', 'arm64', 'loong64', 'mips64le', 'ppc64le', 'riscv64', 's390x'],
  os: ['linux', 'windows'],
};

/** Values of `flag` that begin as `typed`. */
export async function valuesOf(flag: string, typed: string, cli: Cli): Promise<Completion> {
  const values = await candidatesFor(flag, cli);
  if (values === undefined) return files;
  const fitting = values.filter((value) => value.startsWith(typed));
  const goesOn = fitting.length > 0 && fitting.every((value) => /[=:]$/.test(value));
  return { candidates: fitting.map((value) => [value, '']), directive: goesOn ? noSpace | noFiles : noFiles };
}

/** Undefined where a file may be meant. */
async function candidatesFor(flag: string, cli: Cli): Promise<readonly string[] | undefined> {
  const names = (subject: Parameters<typeof namesOf>[1]): Promise<string[]> => namesOf(cli, subject).catch(() => []); // no engine, no names
  switch (flag) {
    case 'network': return await names('network');
    case 'context': return await names('context');
    case 'volumes-from': return await names('container');
    case 'link': return (await names('container')).map((name) => `${name}:`);
    case 'stop-signal': return choices['signal'];
    case 'env': return Object.keys(cli.env);
    case 'ipc': return ['host', 'none', 'private', 'shareable', ...(await names('container')).map((name) => `container:${name}`)];
    case 'pid': return ['host', ...(await names('container')).map((name) => `container:${name}`)];
    default: return choices[flag];
  }
}
