/** The parameters of `POST /build` that the flags of build ask for. */
import type { QueryValue } from '#client';
import type { Ulimit } from '#spec';
import type { Cli } from '../../cli.ts';
import { pairsOf } from '../container/options/pairs.ts';
import { proxyEnvironment } from '../proxy-environment.ts';

export interface BuildFlags {
  readonly 'add-host': readonly string[];
  readonly 'build-arg': readonly string[];
  readonly 'cache-from': readonly string[];
  readonly 'cgroup-parent': string;
  readonly 'cpu-period': number;
  readonly 'cpu-quota': number;
  readonly 'cpu-shares': number;
  readonly 'cpuset-cpus': string;
  readonly 'cpuset-mems': string;
  readonly 'force-rm': boolean;
  readonly isolation: string;
  readonly label: readonly string[];
  readonly memory: number;
  readonly 'memory-swap': number;
  readonly network: string;
  readonly 'no-cache': boolean;
  readonly platform: string;
  readonly pull: boolean;
  readonly quiet: boolean;
  readonly rm: boolean;
  readonly 'security-opt': readonly string[];
  readonly 'shm-size': number;
  readonly squash: boolean;
  readonly tag: readonly string[];
  readonly target: string;
  readonly ulimit: readonly Ulimit[];
}

/** What is as the engine has it by default is left out. */
export function buildQuery(flags: BuildFlags, dockerfile: string, cli: Cli): Record<string, QueryValue> {
  const labels = pairsOf(flags.label);
  return {
    t: flags.tag,
    securityopt: flags['security-opt'],
    extrahosts: flags['add-host'],
    q: flags.quiet,
    nocache: flags['no-cache'],
    rm: flags.rm ? undefined : '0',
    forcerm: flags['force-rm'],
    pull: flags.pull,
    squash: flags.squash,
    isolation: flags.isolation || undefined,
    cpusetcpus: flags['cpuset-cpus'] || undefined,
    cpusetmems: flags['cpuset-mems'] || undefined,
    networkmode: flags.network === 'default' ? undefined : flags.network || undefined,
    cpushares: flags['cpu-shares'] || undefined,
    cpuquota: flags['cpu-quota'] || undefined,
    cpuperiod: flags['cpu-period'] || undefined,
    memory: flags.memory || undefined,
    memswap: flags['memory-swap'] || undefined,
    cgroupparent: flags['cgroup-parent'] || undefined,
    shmsize: flags['shm-size'] || undefined,
    dockerfile,
    target: flags.target || undefined,
    ulimits: flags.ulimit.length === 0 ? undefined : JSON.stringify(flags.ulimit),
    buildargs: argumentsOf(flags['build-arg'], cli),
    labels: Object.keys(labels).length === 0 ? undefined : JSON.stringify(labels),
    cachefrom: flags['cache-from'].length === 0 ? undefined : JSON.stringify(flags['cache-from']),
    platform: flags.platform.toLowerCase() || undefined,
    version: '1',
  };
}

/** A name alone has the value it has here; one that is set nowhere is null, which unsets the Dockerfile's default. */
function argumentsOf(given: readonly string[], cli: Cli): string | undefined {
  const all = [...given, ...proxyEnvironment(cli, given)];
  if (all.length === 0) return undefined;
  const entries = all.map((pair): [string, string | null] => (pair.includes('=') ? [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)] : [pair, cli.env[pair] ?? null]));
  return JSON.stringify(Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1))));
}
