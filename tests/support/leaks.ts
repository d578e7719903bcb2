/**
 * What one daemon has on the host, and what it should have put away. Other daemons may live beside it: its things carry
 * the hash of its exec root (packages/network/names.ts, its cgroup parent) or lie below its directory.
 */
import { createHash } from 'node:crypto';
import { globSync, readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { run } from './command.ts';

/** A daemon whose exec root is `exec` in its directory. */
export interface Owner {
  readonly directory: string;
  /** Where its containers' cgroups are, when it was told. */
  readonly cgroupParent?: string;
}

/** How long what is still being put away may take on a machine however busy, in milliseconds. */
const patience = 60_000;

/** Names of everything on this host that is this daemon's now. */
export async function footprint({ directory, cgroupParent }: Owner): Promise<Set<string>> {
  const hash = createHash('sha256').update(join(directory, 'exec')).digest('hex').slice(0, 8);
  const tables = await run('nft', ['list', 'tables']).catch(() => undefined);
  const cgroups = [`naru-${hash}`, ...(cgroupParent ? [basename(cgroupParent)] : [])];
  return new Set([
    ...(await links(hash)).map((name) => `link ${name}`),
    ...(tables?.stdout.split('\n').filter((line) => line.endsWith(`naru_${hash}`)) ?? []).map((line) => `nft ${line}`),
    ...mountPoints().filter((path) => path.startsWith(`${directory}/`)).map((path) => `mount ${path}`),
    ...cgroups.flatMap((name) => globSync(`/sys/fs/cgroup/*/${name}`)).map((path) => `cgroup ${path}`),
    ...shims(directory),
  ]);
}

/** What is there, was not in `before`, and stays: things of other daemons, which cannot be told from ours while they are made and unmade, do not. */
export async function leaksOf(owner: Owner, before: ReadonlySet<string> = new Set()): Promise<string[]> {
  let leaks: string[] | undefined;
  for (const end = Date.now() + patience; ; await sleep(100)) {
    const there = await footprint(owner);
    leaks = (leaks ?? [...there]).filter((thing) => there.has(thing) && !before.has(thing)).sort();
    if (leaks.length === 0 || Date.now() > end) return leaks;
  }
}

/**
 * Default bridges and guards by their names; ends of containers by the bridge they sit on, and those that sit nowhere, whose nobody
 * can tell. A network's own bridge only says that it is Naru's: it is ours unless another daemon's table names it.
 */
async function links(hash: string): Promise<string[]> {
  const own = new Set([`naru-${hash}`, `nr-${hash}-in`, `nr-${hash}-out`]);
  const all = readdirSync('/sys/class/net');
  const others = all.some(isNetworksBridge) ? await bridgesOfOthers(hash) : new Set();
  return all.filter((name) => own.has(name) || (isNetworksBridge(name) && !others.has(name)) || (/^nr[0-9a-f]{12}$/.test(name) && isOwnOrStray(name, own)));
}

async function bridgesOfOthers(hash: string): Promise<Set<string>> {
  const { stdout = '' } = (await run('nft', ['list', 'ruleset', 'inet']).catch(() => undefined)) ?? {};
  const tables = stdout.split(/^table inet /m).filter((table) => /^naru_[0-9a-f]{8} /.test(table) && !table.startsWith(`naru_${hash} `));
  return new Set(tables.flatMap((table) => table.match(/\bbr-[0-9a-f]{12}\b/g) ?? []));
}

/** Its hardware address repeats its name's first digits (packages/network/names.ts). */
function isNetworksBridge(name: string): boolean {
  const digits = /^br-([0-9a-f]{8})[0-9a-f]{4}$/.exec(name)?.[1];
  if (digits === undefined) return false;
  try {
    return readFileSync(`/sys/class/net/${name}/address`, 'utf8').trim() === `02:42:${digits.match(/../g)?.join(':')}`;
  } catch {
    return false; // gone while we looked
  }
}

function isOwnOrStray(name: string, own: ReadonlySet<string>): boolean {
  try {
    return own.has(basename(readlinkSync(`/sys/class/net/${name}/master`)));
  } catch {
    return readdirSync('/sys/class/net').includes(name);
  }
}

function mountPoints(): string[] {
  return readFileSync('/proc/self/mountinfo', 'utf8').split('\n').map((line) => line.split(' ')[4] ?? '');
}

/** Shims by what they hold. A daemon keeps spare ones, made anew as they are used: those are one thing, whatever their pids. */
function shims(below: string): string[] {
  return readdirSync('/proc').filter((pid) => /^\d+$/.test(pid)).flatMap((pid) => {
    const [name = '', , , directory = ''] = commandLine(pid).split('\0');
    if (name !== 'naru-shim' || !directory.startsWith(`${below}/`)) return [];
    const spares = /^(.*\/spares)\//.exec(directory)?.[1];
    return [spares ? `spare shims in ${spares}` : `process ${pid} naru-shim ${directory}`];
  });
}

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return ''; // ended while we looked
  }
}
