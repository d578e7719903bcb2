/**
 * The way out of a rootless daemon's network: pasta (passt) or slirp4netns, whichever is installed, runs outside and
 * holds one end of a tap device inside. Ports that are published inside are taken on the host by pasta, which looks
 * every second which ports are listened on; slirp4netns carries what goes out only.
 */
import { spawnSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { findCommand, tolerating, Unavailable } from '#base';
import { signalProcess, startTimeOf } from '#kernel';
import type { Home, HeldProcess } from './home.ts';

/** The faster one first. */
const uplinks = ['pasta', 'slirp4netns'] as const;
export type UplinkName = (typeof uplinks)[number];

/** Milliseconds until the tap device must be there. */
const patience = 10_000;

/** Which uplink this host has. */
export function findUplink(path: string = process.env['PATH'] ?? ''): UplinkName | undefined {
  return uplinks.find((name) => findCommand(name, path) !== undefined);
}

/** Connects the network namespace of process `pid`; resolves when packets can pass. Throws Unavailable with the program's own words. */
export async function startUplink(name: UplinkName, pid: number, directory: string): Promise<NonNullable<Home['uplink']>> {
  const own = mark(directory, name);
  return { name, ...(name === 'pasta' ? startPasta(pid, own) : await startSlirp(pid, own)) };
}

/**
 * Ends uplinks whose daemon was killed before the home was on record. They are known by their words, which are there from
 * their first moment, and not by a file that they write later: the next daemon may be here before.
 */
export function endStrays(directory: string): void {
  for (const entry of readdirSync('/proc')) {
    const words = /^\d+$/.test(entry) ? wordsOf(entry) : [];
    if (isUplink(words, directory)) signalProcess(Number(entry), constants.signals.SIGKILL);
  }
}

/** pasta is known by where it leaves its pid, slirp4netns by what we call it. */
export function isUplink(words: readonly string[], directory: string): boolean {
  return (words[0] === 'pasta' && words.includes(mark(directory, 'pasta'))) || words[0] === mark(directory, 'slirp4netns');
}

function mark(directory: string, name: UplinkName): string {
  return join(directory, `${name}.pid`);
}

function wordsOf(pid: string): string[] {
  return tolerating(['ENOENT', 'ESRCH'], [], () => readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0'));
}

/** pasta goes into the background by itself once all is set up. */
function startPasta(pid: number, file: string): HeldProcess {
  const { status, error, stderr } = spawnSync('pasta', pastaArguments(pid, file), { encoding: 'utf8', timeout: patience, stdio: ['ignore', 'ignore', 'pipe'] });
  if (status !== 0) throw new Unavailable(`pasta cannot connect the rootless network: ${(error?.message ?? stderr).trim()}`);
  return held(Number(readFileSync(file, 'utf8')));
}

/**
 * Ports follow what listens inside (passt(1)). What listens on the host's loopback shows up on that of the daemon's network
 * too, where containers of the host's network expect it; with `-T none` old versions stop looking for ports at all.
 */
export function pastaArguments(pid: number, pidFile: string): string[] {
  return ['--config-net', '--quiet', '-t', 'auto', '-u', 'auto', '-P', pidFile, String(pid)];
}

/** slirp4netns writes to a descriptor when it is ready, and stays in the foreground. */
async function startSlirp(pid: number, argv0: string): Promise<HeldProcess> {
  const child = spawn('slirp4netns', slirpArguments(pid), { argv0, detached: true, stdio: ['ignore', 'ignore', 'pipe', 'pipe'] });
  let said = '';
  child.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const ready = child.stdio[3];
  const first = await Promise.race([ready && once(ready, 'data').then(() => 'ready'), once(child, 'exit'), once(child, 'error'), sleep(patience, undefined, { ref: false })]);
  if (first !== 'ready') {
    child.kill('SIGKILL');
    throw new Unavailable(`slirp4netns cannot connect the rootless network: ${said.trim()}`);
  }
  child.unref();
  for (const stream of [child.stderr, ready]) stream?.destroy();
  return held(child.pid ?? -1);
}

export function slirpArguments(pid: number): string[] {
  return ['--configure', '--mtu=65520', '--disable-host-loopback', '--ready-fd=3', String(pid), 'tap0'];
}

function held(pid: number): HeldProcess {
  return { pid, started: startTimeOf(pid) ?? '' };
}
