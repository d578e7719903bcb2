/** SIGHUP: the configuration file is read again, and what can change while the daemon runs is taken over. */
import { hostname } from 'node:os';
import { messageOf } from '#base';
import type { Engine, EngineConfig } from '../context.ts';
import { daemonId } from '../system/identity.ts';
import { cgroupnsModeOf } from './container-defaults.ts';
import { shownProxies } from './proxies.ts';

/** Fields of the configuration that a reload changes; the others keep what the daemon was started with. */
const reloadable = [
  'authorizationPlugins', 'debug', 'defaultCgroupnsMode', 'defaultIpcMode', 'defaultRuntime', 'defaultShmSize', 'features', 'insecureRegistries', 'labels', 'liveRestore', 'logLevel', 'maxConcurrentDownloads', 'maxConcurrentUploads',
  'maxDownloadAttempts', 'registryMirrors', 'runtimes', 'shutdownTimeout',
] as const satisfies readonly (keyof EngineConfig)[];

type Needs = Pick<Engine, 'config' | 'events' | 'db' | 'log'>;

/** Reloads at each SIGHUP from now on. */
export function reloadOnHangup(engine: Needs, reread: () => EngineConfig): void {
  process.on('SIGHUP', () => reload(engine, reread));
}

/** A configuration that is wrong changes nothing, and the log says why. */
export function reload(engine: Needs, reread: () => EngineConfig): void {
  engine.log('info', `Got signal to reload configuration, reloading from: ${engine.config.configFile}`);
  let fresh: EngineConfig;
  try {
    fresh = reread();
  } catch (error) {
    engine.log('error', `Error reconfiguring the daemon: ${messageOf(error)}`);
    return;
  }
  const changes = Object.fromEntries(reloadable.map((key) => [key, fresh[key]]));
  Object.assign(engine.config, changes);
  engine.events.publish('daemon', 'reload', daemonId(engine.db, engine.config.dataRoot), attributesOf(engine.config));
  tell(engine, changes);
}

/** In dockerd's words where administrators look for them; no proxy's password is shown. */
function tell({ config, log }: Needs, changes: object): void {
  log('debug', `Reset Max Concurrent Downloads: ${config.maxConcurrentDownloads}`);
  log('debug', `Reset Max Concurrent Uploads: ${config.maxConcurrentUploads}`);
  log('debug', `Reset Max Download Attempts: ${config.maxDownloadAttempts}`);
  log('debug', `Reset Shutdown Timeout: ${config.shutdownTimeout}`);
  const { http, https, none } = shownProxies(config);
  log('info', `Reloaded configuration: ${JSON.stringify({ ...changes, proxies: { 'http-proxy': http, 'https-proxy': https, 'no-proxy': none } })}`);
}

/** As dockerd tells of a reload. */
function attributesOf(config: EngineConfig): Record<string, string> {
  const list = (words: readonly string[]): string => JSON.stringify(words);
  return {
    'allow-nondistributable-artifacts': '[]',
    debug: String(config.debug),
    'default-cgroupns-mode': cgroupnsModeOf(config),
    'default-ipc-mode': config.defaultIpcMode,
    'default-runtime': config.defaultRuntime,
    'default-shm-size': String(config.defaultShmSize),
    features: `map[${Object.entries(config.features).toSorted().map(([name, on]) => `${name}:${on}`).join(' ')}]`,
    'insecure-registries': list(config.insecureRegistries),
    labels: list(config.labels),
    'live-restore': String(config.liveRestore),
    'max-concurrent-downloads': String(config.maxConcurrentDownloads),
    'max-concurrent-uploads': String(config.maxConcurrentUploads),
    'max-download-attempts': String(config.maxDownloadAttempts),
    name: hostname(),
    'registry-mirrors': list(config.registryMirrors),
    runtimes: Object.entries(config.runtimes).map(([name, { path }]) => `${name}:${path}`).join(' '),
    'shutdown-timeout': String(config.shutdownTimeout),
  };
}
