/** What the daemon's flags say of containers that say nothing themselves (`--log-driver`, `--default-ulimit` …). */
import type { HostConfig, Ulimit } from '#spec';
import type { StartOptions } from '#supervisor';
import { machine } from '../containers/machine.ts';
import type { EngineConfig } from '../context.ts';
import { requireRuntime } from './runtimes.ts';

/** The client's HostConfig with the daemon's defaults where it leaves a field open. Throws InvalidArgument for a runtime that is not there. */
export function withDaemonDefaults(given: Partial<HostConfig>, config: EngineConfig): Partial<HostConfig> {
  const securityOptions = given.SecurityOpt ?? [];
  const bound = config.noNewPrivileges && !given.Privileged && !securityOptions.some((option) => option.startsWith('no-new-privileges'));
  requireRuntime(given.Runtime || config.defaultRuntime, config.runtimes);
  return {
    ...given,
    LogConfig: mergeLogging(given.LogConfig, config.logging),
    ...(!given.ShmSize && { ShmSize: config.defaultShmSize }),
    ...(!given.IpcMode && { IpcMode: config.defaultIpcMode }),
    ...(!given.CgroupnsMode && config.defaultCgroupnsMode && !given.Privileged && { CgroupnsMode: config.defaultCgroupnsMode }),
    ...(!given.Runtime && { Runtime: config.defaultRuntime }),
    ...(bound && { SecurityOpt: [...securityOptions, 'no-new-privileges'] }),
  };
}

/** The cgroup namespace of containers that name none. */
export function cgroupnsModeOf({ defaultCgroupnsMode }: Pick<EngineConfig, 'defaultCgroupnsMode'>): string {
  return defaultCgroupnsMode || (machine().cgroupVersion === 1 ? 'host' : 'private');
}

/** A start with the daemon's resolver settings, each list where the container brings none (`--dns`, `--dns-search`, `--dns-opt`). */
export function withDaemonDns(change: NonNullable<StartOptions['change']>, dns: EngineConfig['dns']): NonNullable<StartOptions['change']> {
  const { network } = change;
  if (!network || network.mode === 'container') return change;
  const own = network.dns ?? { servers: [], search: [], options: [] };
  const either = (given: readonly string[], otherwise: readonly string[]): readonly string[] => (given.length > 0 ? given : otherwise);
  const merged = { servers: either(own.servers, dns.servers), search: either(own.search, dns.search), options: either(own.options, dns.options) };
  return { ...change, network: { ...network, dns: merged } };
}

/** The daemon's options hold for its own driver alone. */
function mergeLogging(given: Partial<HostConfig>['LogConfig'] | null, own: EngineConfig['logging']): HostConfig['LogConfig'] {
  const type = given?.Type || own.driver;
  return { Type: type, Config: type === own.driver ? { ...own.options, ...given?.Config } : (given?.Config ?? {}) };
}

/** What a run gets: the container's own win by name, the others are the daemon's of today (`--default-ulimit`). */
export function withDefaultUlimits(given: readonly Ulimit[] | null | undefined, defaults: readonly Ulimit[]): Ulimit[] {
  const own = given ?? [];
  return [...own, ...defaults.filter(({ Name }) => !own.some((its) => its.Name === Name))];
}
