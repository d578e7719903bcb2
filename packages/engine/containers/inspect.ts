/** `GET /containers/{id}/json`. */
import { join } from 'node:path';
import { profileFor, type ContainerState } from '#supervisor';
import { rfc3339 } from '../clock.ts';
import type { Engine } from '../context.ts';
import { graphDriver } from './graph-driver.ts';
import type { HealthState } from './health-state.ts';
import { machine } from './machine.ts';
import { networkSettings } from './network-settings.ts';
import type { ContainerRecord } from './record.ts';
import { sizesOf } from './sizes.ts';
import { shownLinks } from './spec/links.ts';
import { parseSecurityOptions } from './spec/security.ts';

type Needs = Pick<Engine, 'supervisor' | 'containers' | 'networks' | 'snapshots' | 'images' | 'lives' | 'execs'>;

/** The full shape. `size` counts bytes, which costs a walk of the container's own layer. */
export async function inspectContainer(engine: Needs, record: ContainerRecord, options: { size: boolean }): Promise<Record<string, unknown>> {
  const state = stateOf(engine, record);
  const [path = '', ...args] = [...(record.config.Entrypoint ?? []), ...(record.config.Cmd ?? [])];
  const sizes = options.size ? await sizesOf(engine, record) : {};
  const execs = engine.execs.of(record.id);
  return {
    Id: record.id,
    Created: rfc3339(record.created),
    Path: path,
    Args: args,
    State: inspectState(state, engine.lives.of(record.id).health?.state),
    Image: record.image,
    ...filesOf(engine, record, state),
    Name: `/${record.name}`,
    RestartCount: record.restartCount,
    Driver: engine.snapshots.driver,
    Platform: record.platform,
    MountLabel: record.labels?.mount ?? '',
    ProcessLabel: record.labels?.process ?? '',
    AppArmorProfile: shownProfile(record, state),
    ExecIDs: execs.length > 0 ? execs : null,
    HostConfig: { ...record.hostConfig, Links: shownLinks(record, engine.containers) },
    GraphDriver: graphDriver(engine.snapshots, record.id),
    ...sizes,
    Mounts: record.mounts,
    Config: configOf(record),
    NetworkSettings: networkSettings(engine, record, state),
  };
}

/** The one that it runs with; of a container that was never started the one it names, as dockerd shows it. */
function shownProfile({ hostConfig }: ContainerRecord, state: ContainerState): string {
  const { apparmor } = parseSecurityOptions(hostConfig.SecurityOpt ?? []);
  if (state.startedAt === undefined) return apparmor;
  return profileFor({ privileged: hostConfig.Privileged, apparmor }, { appArmor: machine().apparmor }) ?? '';
}

/** With the hardware address that was asked for on its main network, as clients before 1.52 read it here. */
function configOf({ config, networks, hostConfig }: ContainerRecord): ContainerRecord['config'] {
  const wanted = networks[hostConfig.NetworkMode]?.MacAddress;
  return wanted ? { ...config, MacAddress: wanted } : config;
}

/** What the supervisor says; a container it does not know is dead. */
export function stateOf(engine: Pick<Engine, 'supervisor'>, record: ContainerRecord): ContainerState {
  return (
    engine.supervisor.state(record.id) ?? {
      id: record.id,
      status: 'dead',
      pid: 0,
      startedAt: undefined,
      finishedAt: undefined,
      exit: undefined,
      error: '',
      endpoints: [],
    }
  );
}

/** `State`: restarting counts as running, as dockerd has it. */
export function inspectState(state: ContainerState, health: HealthState | undefined): Record<string, unknown> {
  const { status } = state;
  return {
    Status: status,
    Running: status === 'running' || status === 'paused' || status === 'restarting',
    Paused: status === 'paused',
    Restarting: status === 'restarting',
    OOMKilled: state.exit?.oomKilled ?? false,
    Dead: status === 'dead',
    Pid: state.pid,
    ExitCode: state.exit?.code ?? 0,
    Error: state.error,
    StartedAt: rfc3339(state.startedAt),
    FinishedAt: rfc3339(state.finishedAt),
    ...(health && { Health: health }),
  };
}

/** Paths of the files that exist once the container has started. */
function filesOf(engine: Needs, record: ContainerRecord, state: ContainerState): Record<string, string> {
  const started = state.startedAt !== undefined;
  const directory = engine.supervisor.directory(record.id);
  const path = (name: string): string => (started ? join(directory, name) : '');
  const logged = started && record.hostConfig.LogConfig.Type === 'json-file';
  return {
    ResolvConfPath: path('resolv.conf'),
    HostnamePath: path('hostname'),
    HostsPath: path('hosts'),
    LogPath: logged ? join(directory, `${record.id}-json.log`) : '',
  };
}
