/**
 * What the engine does when the supervisor tells of a container: events with Docker's actors and order, restarts by
 * policy, health checks, the removal of `--rm` containers, answers to those who wait.
 */
import { messageOf } from '#base';
import type { Endpoint } from '#network';
import type { SupervisorEvent } from '#supervisor';
import type { Engine } from '../context.ts';
import { attributesOf, causedBy } from './attributes.ts';
import { watchHealth } from './health-policy.ts';
import { settleLife, tellEnd, tellStops } from './lives.ts';
import type { ContainerRecord } from './record.ts';
import { removeContainer } from './remove.ts';
import { nextDelay, shouldRestart } from './restart-policy.ts';
import { isUserDefined } from './spec/modes.ts';
import { startAgain } from './start.ts';
import { releaseVolumes } from './volumes.ts';

type Needs = Parameters<typeof startAgain>[0] & Parameters<typeof removeContainer>[0] & Parameters<typeof watchHealth>[0];
export type Exited = Extract<SupervisorEvent, { kind: 'exited' }>;

/** Follows the supervisor until disposed. */
export function followContainers(engine: Needs): Disposable {
  const following = engine.supervisor.subscribe((event) => {
    const record = engine.containers.get(event.id);
    if (record) onEvent(engine, record, event);
  });
  return {
    [Symbol.dispose]() {
      following[Symbol.dispose]();
      engine.logForwarding[Symbol.dispose]();
    },
  };
}

function onEvent(engine: Needs, record: ContainerRecord, event: SupervisorEvent): void {
  const publish = (action: string, more?: Record<string, string>): void => {
    engine.events.publish('container', action, record.id, attributesOf(record, more));
  };
  switch (event.kind) {
    case 'started':
      return onStarted(engine, record);
    case 'exited':
      return onExited(engine, record, event);
    case 'start-failed':
      return onStartFailed(engine, record, event.endpoints);
    case 'paused':
      return publish('pause');
    case 'resumed':
      return publish('unpause');
    case 'oom':
      return publish('oom');
    case 'signalled':
      return publish('kill', { signal: String(event.signal) });
    case 'exec-exited':
      return publish('exec_die', { execID: event.execId, exitCode: String(event.exit.code) });
    case 'created':
    case 'removed':
  }
}

function onStarted(engine: Needs, record: ContainerRecord): void {
  const endpoints = engine.supervisor.state(record.id)?.endpoints ?? [];
  rememberNetworks(engine, record.id, endpoints);
  publishTaken(engine, record, endpoints);
  engine.events.publish('container', 'start', record.id, attributesOf(record));
  engine.logForwarding.begin(record);
  watchHealth(engine, record, 'new');
}

/** It had its networks and volumes for a moment, and so it is told. */
function onStartFailed(engine: Needs, record: ContainerRecord, endpoints: readonly Endpoint[]): void {
  rememberNetworks(engine, record.id, endpoints);
  publishTaken(engine, record, endpoints);
  publishLeft(engine, record, endpoints);
}

/** From now on its seats are in the networks of these endpoints, whatever others come by their names. */
export function rememberNetworks({ containers }: Pick<Engine, 'containers'>, id: string, endpoints: readonly Pick<Endpoint, 'networkName' | 'networkId'>[]): void {
  const seats = containers.get(id)?.networks ?? {};
  const taken = endpoints.flatMap(({ networkName, networkId }) => {
    const seat = isUserDefined(networkName) ? seats[networkName] : undefined;
    return seat && seat.NetworkID !== networkId ? [[networkName, { ...seat, NetworkID: networkId }] as const] : [];
  });
  if (taken.length > 0) containers.update(id, { networks: { ...seats, ...Object.fromEntries(taken) } });
}

function publishTaken(engine: Needs, record: ContainerRecord, endpoints: readonly Endpoint[]): void {
  for (const endpoint of endpoints) publishEndpoint(engine, 'connect', endpoint);
  publishSeatless(engine, 'connect', record);
  for (const mount of record.mounts) {
    if (mount.Type !== 'volume') continue;
    const { Destination: destination, Driver: driver = 'local', Propagation: propagation } = mount;
    engine.events.publish('volume', 'mount', mount.Name ?? '', {
      container: record.id,
      destination,
      driver,
      propagation,
      'read/write': String(mount.RW),
    });
  }
}

function publishLeft(engine: Needs, record: ContainerRecord, endpoints: readonly Endpoint[]): void {
  for (const endpoint of endpoints) publishEndpoint(engine, 'disconnect', endpoint);
  publishSeatless(engine, 'disconnect', record);
  for (const mount of record.mounts) {
    if (mount.Type === 'volume') engine.events.publish('volume', 'unmount', mount.Name ?? '', { container: record.id, driver: mount.Driver ?? 'local' });
  }
}

function onExited(engine: Needs, record: ContainerRecord, event: Exited): void {
  engine.lives.track(record, releaseVolumes(engine, record));
  engine.execs.dropUnstarted(record.id);
  const life = engine.lives.of(record.id);
  life.health?.end();
  engine.logForwarding.end(record.id);
  publishLeft(engine, record, event.endpoints);
  const ranFor = runTime(engine, event);
  tellStops(life);
  publishEnd(engine, record, event, ranFor);
  decide(engine, record, event.exit.code, ranFor);
}

/** Milliseconds. */
export function runTime(engine: Pick<Engine, 'supervisor'>, event: Exited): number {
  return event.at - (engine.supervisor.state(event.id)?.startedAt ?? event.at);
}

/** A container's `die`; `ranFor` in milliseconds. */
export function publishEnd(engine: Pick<Engine, 'events'>, container: Parameters<typeof attributesOf>[0], { id, exit, machineDown }: Exited, ranFor: number): void {
  const seconds = Math.max(0, Math.floor(ranFor / 1000));
  engine.events.publish('container', 'die', id, attributesOf(container, { execDuration: String(seconds), exitCode: String(exit.code), ...(machineDown && causedBy('machine-down')) }));
}

/** After the end of a run: again, for good, or away with it. */
function decide(engine: Needs, record: ContainerRecord, exitCode: number, ranFor: number): void {
  const life = engine.lives.of(record.id);
  if (life.restartsByHand > 0 || life.removing) return settleLife(life, exitCode);
  if (!engine.lives.restartsRest && shouldRestart(record.hostConfig.RestartPolicy, { exitCode, ...record })) {
    tellEnd(life, exitCode);
    return scheduleRestart(engine, record, ranFor);
  }
  settleLife(life, exitCode);
  if (record.hostConfig.AutoRemove) engine.lives.track(record, autoRemove(engine, record));
}

function scheduleRestart(engine: Needs, record: ContainerRecord, ranFor: number): void {
  engine.supervisor.markRestarting(record.id, true);
  restartLater(engine, record, ranFor); // also where a full disk keeps the count from being written
  engine.containers.update(record.id, { restartCount: record.restartCount + 1 });
}

/** Starts it again after the delay that its last run earned; the restart is counted already. `ranFor` in milliseconds. */
export function restartLater(engine: Needs, record: ContainerRecord, ranFor: number): void {
  const life = engine.lives.of(record.id);
  const delay = nextDelay(life.restart?.delay, ranFor);
  const timer = setTimeout(() => engine.lives.track(record, restart(engine, record.id)), delay);
  life.restart = { delay, timer };
}

async function restart(engine: Needs, id: string): Promise<void> {
  const record = engine.containers.get(id);
  if (!record || engine.lives.restartsRest || engine.supervisor.state(id)?.status !== 'restarting') return;
  try {
    await startAgain(engine, record);
  } catch (error) {
    engine.log('warn', `restarting container ${id}: ${messageOf(error)}`);
    engine.supervisor.markRestarting(id, false);
    settleLife(engine.lives.of(id), engine.supervisor.state(id)?.exit?.code ?? 128);
  }
}

/** The end of a `--rm` container; nobody waits for it here, so a failure goes to the log and to those who wait for the removal. */
export async function autoRemove(engine: Needs, record: ContainerRecord): Promise<void> {
  engine.lives.remember(record.id, engine.supervisor.state(record.id)?.exit?.code ?? 0);
  try {
    await removeContainer(engine, record, { force: true, volumes: true });
  } catch (error) {
    if (!engine.containers.get(record.id)) return;
    engine.log('error', `removing container ${record.id} at its end: ${messageOf(error)}`);
    engine.lives.of(record.id).removed.resolve({ StatusCode: 0, Error: { Message: messageOf(error) } });
  }
}

/** The host's network and none give no endpoint, but whoever starts on them is told as theirs. */
function publishSeatless(engine: Pick<Engine, 'networks' | 'events'>, action: 'connect' | 'disconnect', { id: container, config, networks }: ContainerRecord): void {
  const name = ['host', 'none'].find((plain) => networks[plain]);
  if (config.NetworkDisabled || name === undefined) return;
  const network = engine.networks.find(name);
  engine.events.publish('network', action, network.id, { container, name, type: network.driver });
}

/** A network may be removed as soon as its last seat is empty, before the end is told: what follows an end must not fail on it. */
export function publishEndpoint(engine: Pick<Engine, 'networks' | 'events'>, action: 'connect' | 'disconnect', endpoint: Endpoint): void {
  if (endpoint.isGateway) return;
  const { networkId, networkName: name, containerId: container } = endpoint;
  const network = engine.networks.list().find(({ id }) => id === networkId);
  engine.events.publish('network', action, networkId, { container, name, ...(network && { type: network.driver }) });
}
