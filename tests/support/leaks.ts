/** What Naru could leave on a host: seen before and after, the difference is a leak. */
import { globSync, readFileSync, readdirSync } from 'node:fs';
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

/** What is there now and was not in `before`; what is still being put away gets three seconds. */
export async function leaksSince(before: ReadonlySet<string>): Promise<string[]> {
  for (let attempt = 0; ; attempt += 1) {
    const leaks = [...(await footprint())].filter((thing) => !before.has(thing)).sort();
    if (leaks.length === 0 || attempt === 30) return leaks;
    await new Promise((wake) => setTimeout(wake, 100));
  }
}

/** Shims by what they hold. A daemon keeps spare ones, made anew as they are used: those are one thing, whatever their pids. */
function shims(): string[] {
  return readdirSync('/proc').filter((pid) => /^\d+$/.test(pid)).flatMap((pid) => {
    const [name = '', , , directory = ''] = commandLine(pid).split('\0');
    if (name !== 'naru-shim') return [];
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
