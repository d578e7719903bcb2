/** `POST /containers/{id}/start`, and the starts that restart policies make. */
import { Conflict, Internal, InvalidArgument, NotModified } from '#base';
import { TaskError } from '#supervisor';
import type { Engine } from '../context.ts';
import { withDaemonDns } from '../daemon/container-defaults.ts';
import { deviceEdits } from './cdi/edits.ts';
import { relabelMounts } from './labels/relabel.ts';
import { containerOfMode } from './spec/modes.ts';
import { volumeFailure } from './volume-failure.ts';
import { startChange } from './spec/container-spec.ts';
import { linkedEnvironment, linkedHosts, reachedPorts, type LinkedContainer } from './spec/links.ts';
import { parseLink } from './spec/parse-link.ts';
import type { ContainerRecord } from './record.ts';
import { acquireVolumes, releaseVolumes } from './volumes.ts';

type Needs = Pick<Engine, 'config' | 'supervisor' | 'containers' | 'networks' | 'volumes' | 'snapshots' | 'events' | 'lives' | 'log' | 'logForwarding'>;

/** A person's start, where `checkpoint` names one from there. Throws NotModified when it runs, and what the user should read when it cannot; the container stays. */
export async function startContainer(engine: Needs, record: ContainerRecord, checkpoint: () => string | undefined = () => undefined): Promise<void> {
  if (engine.supervisor.state(record.id)?.status === 'restarting') throw new NotModified('container already started');
  requireDown(engine, record);
  if (record.manuallyStopped || record.restartCount > 0) engine.containers.update(record.id, { manuallyStopped: false, restartCount: 0 });
  await startAgain(engine, record, checkpoint());
}

/** The start itself, counters untouched. One at a time: a second one would take from under the first what that runs on. */
export async function startAgain(engine: Needs, record: ContainerRecord, checkpoint?: string): Promise<void> {
  await engine.lives.starts.run(record.id, async () => {
    requireDown(engine, record);
    await startStopped(engine, engine.containers.find(record.id), checkpoint); // its seats may have changed while this waited
  });
}

function requireDown(engine: Needs, { id }: ContainerRecord): void {
  const status = engine.supervisor.state(id)?.status;
  if (status === 'running') throw new NotModified('container already started');
  if (status === 'paused') throw new Conflict('cannot start a paused container, try unpause instead');
}

/** Why it failed is kept in the container's state, in the words that the client reads. */
async function startStopped(engine: Needs, record: ContainerRecord, checkpoint: string | undefined): Promise<void> {
  try {
    await acquireVolumes(engine, record);
    await startOn(engine, record, checkpoint).catch(async (error: unknown) => {
      await releaseVolumes(engine, record);
      throw error;
    });
  } catch (error) {
    const failure = (error instanceof TaskError && volumeFailure(error, record, engine.volumes)) || inDockersWords(error);
    await engine.supervisor.recordStartFailure(record.id, failure);
    throw failure;
  }
}

/** Everything that the container needs from outside is there now. */
async function startOn(engine: Needs, record: ContainerRecord, checkpoint: string | undefined): Promise<void> {
  const change = await changeFor(engine, record);
  await engine.supervisor.start(record.id, { change: withDaemonDns(change, engine.config.dns), checkpoint });
  await tellParents(engine, record);
}

async function changeFor(engine: Needs, made: ContainerRecord): Promise<ReturnType<typeof startChange>> {
  const record = calledAsJoined(engine, made);
  const edits = await deviceEdits(record.hostConfig, engine.config.cdiSpecDirs, engine.log);
  const linked = linkedContainers(engine, record);
  const change = startChange(record, {
    hostGatewayIps: engine.config.hostGatewayIps,
    init: engine.config.init,
    initPath: engine.config.initPath,
    seccomp: engine.config.seccomp.profile,
    defaultUlimits: engine.config.defaultUlimits,
    networks: engine.networks,
    containers: engine.containers,
    volumes: engine.volumes,
    snapshots: engine.snapshots,
    directory: engine.supervisor.directory(record.id),
    linkedHosts: linkedHosts(record, linked),
    linkedEnv: linkedEnvironment(record, linked),
    reaches: reachedPorts(linked),
    edits,
  });
  await relabelMounts(record, change.mounts ?? []);
  engine.logForwarding.check(record);
  return change;
}

/** Those that its links call, whether they run or not. */
export function linkedContainers(engine: Pick<Engine, 'containers' | 'networks'>, record: ContainerRecord): LinkedContainer[] {
  if (record.hostConfig.NetworkMode !== 'bridge') return [];
  return record.links.map(parseLink).flatMap(({ id, alias }) => {
    const other = engine.containers.get(id);
    if (!other) return [];
    const endpoint = engine.networks.endpoints({ containerId: id }).find((its) => its.networkName === 'bridge');
    return [{ record: other, alias, endpoint }];
  });
}

/** Containers that have a link to it find it at its new address. */
async function tellParents(engine: Needs, { id }: ContainerRecord): Promise<void> {
  const parents = engine.containers.parentsOf(id).filter(({ hostConfig }) => hostConfig.NetworkMode === 'bridge');
  if (parents.length === 0) return;
  const seat = engine.networks.endpoints({ containerId: id }).find(({ networkName }) => networkName === 'bridge');
  const addresses = [seat?.ipv4, seat?.ipv6].flatMap((lease) => (lease ? [lease.address] : []));
  for (const parent of parents) {
    if (engine.supervisor.state(parent.id)?.status !== 'running') continue;
    for (const link of parent.links.map(parseLink)) if (link.id === id) await engine.supervisor.repointHost(parent.id, link.alias, addresses);
  }
}

/** Who joins another container's network has its names: they stand in the hosts file that both read. */
function calledAsJoined(engine: Needs, record: ContainerRecord): ContainerRecord {
  const joined = containerOfMode(record.hostConfig.NetworkMode);
  if (joined === undefined) return record;
  const other = engine.containers.find(joined);
  requireJoinable(engine, record, other);
  const { Hostname, Domainname } = other.config;
  if (record.config.Hostname === Hostname && record.config.Domainname === Domainname) return record;
  return engine.containers.update(record.id, { config: { ...record.config, Hostname, Domainname } });
}

/** A container whose network is joined must run; asked here for dockerd's wording. */
function requireJoinable(engine: Needs, record: ContainerRecord, other: ContainerRecord): void {
  if (other.id === record.id) throw new Internal('cannot join own network');
  const status = engine.supervisor.state(other.id)?.status;
  if (status === 'restarting') throw new Conflict(`cannot join network namespace of container: Container ${other.id} is restarting, wait until the container is running`);
  if (status !== 'running' && status !== 'paused') throw new Conflict(`cannot join network of a non running container: ${other.id}`);
}

/** A failing task is told there through two more daemons; clients look for the words behind, and for the status. */
function inDockersWords(error: unknown): unknown {
  if (!(error instanceof TaskError)) return error;
  const text = `failed to create task for container: failed to create shim task: ${error.message}`;
  const ofTheUser = error.kind === 'InvalidArgument' || error.exitCode !== 128;
  return ofTheUser ? new InvalidArgument(text, { cause: error }) : new Internal(text, { cause: error });
}
