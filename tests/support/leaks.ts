/** What Naru could leave on a host: seen before and after, the difference is a leak. */
import { existsSync, globSync, readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { run } from './command.ts';

/** Names of everything on this host that a container engine makes. */
export async function footprint(): Promise<Set<string>> {
  const tables = await run('nft', ['list', 'tables']).catch(() => undefined);
  return new Set([
    ...readdirSync('/sys/class/net').map((name) => `link ${name}`),
    ...(tables?.stdout.split('\n').filter(Boolean) ?? []).map((line) => `nft ${line}`),
    ...readFileSync('/proc/self/mountinfo', 'utf8').split('\n').map((line) => `mount ${line.split(' ')[4] ?? ''}`),
    ...globSync('/sys/fs/cgroup/*/*naru*').map((path) => `cgroup ${path}`),
    ...shims(),
    `ip_forward ${readFileSync('/proc/sys/net/ipv4/ip_forward', 'utf8').trim()}`,
  ]);
}

/** What is there now and was not in `before`. */
export async function leaksSince(before: ReadonlySet<string>): Promise<string[]> {
  return [...(await footprint())].filter((thing) => !before.has(thing)).sort();
}

function shims(): string[] {
  return readdirSync('/proc').filter((pid) => /^\d+$/.test(pid) && existsSync(`/proc/${pid}/exe`)).flatMap((pid) => {
    try {
      return /naru-shim/.test(readlinkSync(`/proc/${pid}/exe`)) ? [`process ${pid} naru-shim`] : [];
    } catch {
      return []; // ended while we looked
    }
  });
}
