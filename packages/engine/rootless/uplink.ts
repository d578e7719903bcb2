/**
 * The way out of a rootless daemon's network: pasta (passt) or slirp4netns, whichever is installed, runs outside and
 * holds one end of a tap device inside. Ports that are published inside are taken on the host by pasta, which looks
 * every second which ports are listened on; slirp4netns carries what goes out only.
 */
import { spawnSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { findCommand, Unavailable } from '#base';
import { startTimeOf, type Home, type HeldProcess } from './home.ts';

export type UplinkName = 'pasta' | 'slirp4netns';

/** Seconds until the tap device must be there. */
const PATIENCE = 10;

/** Which uplink this host has; pasta is the faster one. */
export function findUplink(path: string = process.env['PATH'] ?? ''): UplinkName | undefined {
  return (['pasta', 'slirp4netns'] as const).find((name) => findCommand(name, path) !== undefined);
}

/** Connects the network namespace of process `pid`; resolves when packets can pass. Throws Unavailable with the program's own words. */
export async function startUplink(name: UplinkName, pid: number, directory: string): Promise<NonNullable<Home['uplink']>> {
  return { name, ...(name === 'pasta' ? startPasta(pid, directory) : await startSlirp(pid)) };
}

/** pasta goes into the background by itself once all is set up. */
function startPasta(pid: number, directory: string): HeldProcess {
  const file = join(directory, 'pasta.pid');
  const { status, error, stderr } = spawnSync('pasta', pastaArguments(pid, file), { encoding: 'utf8', timeout: PATIENCE * 1000, stdio: ['ignore', 'ignore', 'pipe'] });
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
async function startSlirp(pid: number): Promise<HeldProcess> {
  const child = spawn('slirp4netns', slirpArguments(pid), { detached: true, stdio: ['ignore', 'ignore', 'pipe', 'pipe'] });
  let said = '';
  child.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const ready = child.stdio[3];
  if (!ready) throw new Unavailable('slirp4netns cannot be started');
  const first = await Promise.race([once(ready, 'data').then(() => 'ready'), once(child, 'exit'), once(child, 'error')]);
  if (first !== 'ready') throw new Unavailable(`slirp4netns cannot connect the rootless network: ${said.trim()}`);
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
