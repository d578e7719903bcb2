/** Puts the engine's rooms together: which driver each port has is decided here. */
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Database, messageOf, Unavailable } from '#base';
import { classicBuilder } from '#builder';
import { openContentStore } from '#content';
import { binaryOf, containerStore, eventBus, eventLog, Execs, idMapOf, Lives, LogForwarders, naruVersion, stderrLog, Succession, systemClock, type Engine, type EngineConfig } from '#engine';
import { isHostRoot, ownsNetwork } from '#kernel';
import { createImages } from '#images';
import { createNetworks, hostOnlyNetworks } from '#network';
import { openPlugins } from '#plugins';
import { ociRuntime, planRuntime, runtimeOfBoth, type PlanRuntime } from '#runtime';
import { overlaySnapshotter, requireLimits } from '#snapshots';
import { hostPlatform } from '#spec';
import { createSupervisor } from '#supervisor';
import { localVolumes, pluggableVolumes } from '#volumes';
import { buildDefaults, networkDefaults, transfersOf } from './defaults.ts';

/** The drivers that make containers: our own, and beside it the runtimes that are configured by path. `shimPath` is the compiled naru-shim. */
export function runtimeOf(config: EngineConfig, shimPath: string): PlanRuntime {
  const { execRoot, cgroupParent, realtime } = config;
  const systemd = config.cgroupDriver === 'systemd';
  const log = stderrLog(config);
  const common = { cgroupParent, systemd, realtime, shimPath, onWarning: (id: string, message: string) => log('warn', `container ${id}: ${message}`) };
  const own = planRuntime({ ...common, execRoot, ...(!systemd && { spares: { least: 2, most: 64 } }) });
  return runtimeOfBoth(own, ociRuntime({ ...common, execRoot: join(execRoot, 'oci'), binaryOf: (name) => binaryOf(name, config.runtimes) }));
}

/** Throws what the drivers cannot give this configuration; changes nothing. */
export function requireDrivers({ dataRoot, containerSize, cgroupDriver }: EngineConfig): void {
  if (cgroupDriver === 'systemd' && !isHostRoot()) throw new Unavailable('exec-opt native.cgroupdriver=systemd is not supported without root: the daemon has one scope of its own for all');
  if (cgroupDriver === 'systemd' && !existsSync('/run/systemd/system')) throw new Unavailable('exec-opt native.cgroupdriver=systemd: systemd is not running on this host');
  if (containerSize > 0) requireLimits(join(dataRoot, 'snapshots'));
}

/** Every room of the engine, each over the driver chosen for it. */
export function furnish(config: EngineConfig, runtime: PlanRuntime): Engine {
  const { dataRoot, execRoot } = config;
  const at = (name: string): string => join(dataRoot, name);
  for (const name of ['content', 'snapshots', 'volumes']) mkdirSync(at(name), { recursive: true, mode: 0o710 });
  const log = stderrLog(config);
  const clock = systemClock();
  const plugins = openPlugins({ sockets: config.pluginSockets, specs: config.pluginSpecs });
  const db = new Database(at('naru.db'), { reserve: at('naru.db-reserve') });
  const content = openContentStore(at('content'));
  const snapshots = overlaySnapshotter({ db, root: at('snapshots') });
  const userAgent = `docker/${naruVersion} naru/${naruVersion} os/linux arch/${hostPlatform().architecture}`;
  const images = createImages({ db, content, snapshots, ...transfersOf(config), userAgent });
  const { guardPublishedPorts, directRouting, acceptedMark, packetRules, userlandProxy, ipForward: forwarding } = config;
  const openNetworks = ownsNetwork() ? createNetworks : hostOnlyNetworks;
  const networks = openNetworks({ db, execRoot, defaults: networkDefaults(config), guardPublishedPorts, directRouting, acceptedMark, packetRules, userlandProxy, forwarding, plugins, warn: (message) => log('warn', message) });
  const supervisor = createSupervisor({ db, root: dataRoot, runtime, networks, snapshots, log, cgroupParent: config.cgroupParent, idMap: idMapOf(config.usernsRemap) });
  const builder = classicBuilder({ db, images, snapshots, supervisor, scratch: at('build'), version: naruVersion, defaults: buildDefaults(config) });
  return {
    config, db, content, plugins, images, snapshots, networks, supervisor, builder, clock, log,
    logForwarding: new LogForwarders({ db, supervisor, log }),
    volumes: pluggableVolumes({ db, local: localVolumes({ db, root: at('volumes') }), plugins }),
    events: eventBus(eventLog(db, (error) => log('error', `events cannot be stored: ${messageOf(error)}`)), clock),
    containers: containerStore(db),
    lives: new Lives(),
    execs: new Execs(db, (error) => log('error', `execs cannot be stored: ${messageOf(error)}`)),
    succession: new Succession(),
  };
}
