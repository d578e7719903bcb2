/** The server's half of `info`, line by line. */
import type { InfoAnswer } from '#client';
import { binarySize } from '../../format/units.ts';

/** Everything that the engine says of itself, in Docker's order. What it does not say is left out. */
export function infoLines(info: InfoAnswer, debug: boolean): string[] {
  const line = (label: string, key: string): string[] => (info[key] === undefined || info[key] === '' ? [] : [` ${label}: ${String(info[key])}`]);
  const count = (key: string): string => String(info[key] ?? 0);
  return [
    ` Containers: ${count('Containers')}`, `  Running: ${count('ContainersRunning')}`, `  Paused: ${count('ContainersPaused')}`, `  Stopped: ${count('ContainersStopped')}`,
    ` Images: ${count('Images')}`,
    ...line('Server Version', 'ServerVersion'),
    ...line('Storage Driver', 'Driver'), ...pairsIn(info['DriverStatus']),
    ...line('Logging Driver', 'LoggingDriver'), ...line('Cgroup Driver', 'CgroupDriver'), ...line('Cgroup Version', 'CgroupVersion'),
    ...pluginLines(info['Plugins']),
    ...cdiLines(info['CDISpecDirs']),
    ` Swarm: ${String(record(info['Swarm'])['LocalNodeState'] ?? 'inactive')}`,
    ` Runtimes: ${Object.keys(record(info['Runtimes'])).sort().join(' ')}`,
    ...line('Default Runtime', 'DefaultRuntime'), ...line('Init Binary', 'InitBinary'),
    ` containerd version: ${commit(info['ContainerdCommit'])}`, ` runc version: ${commit(info['RuncCommit'])}`, ` init version: ${commit(info['InitCommit'])}`,
    ...securityLines(info['SecurityOptions']),
    ...line('Kernel Version', 'KernelVersion'), ...line('Operating System', 'OperatingSystem'), ...line('OSType', 'OSType'), ...line('Architecture', 'Architecture'),
    ` CPUs: ${count('NCPU')}`, ` Total Memory: ${binarySize(Number(info['MemTotal'] ?? 0))}`,
    ...line('Name', 'Name'), ...line('ID', 'ID'), ...line('Docker Root Dir', 'DockerRootDir'),
    ` Debug Mode: ${String(info['Debug'] ?? false)}`,
    ...(info['Debug'] && debug ? debugLines(info) : []),
    ...line('HTTP Proxy', 'HttpProxy'), ...line('HTTPS Proxy', 'HttpsProxy'), ...line('No Proxy', 'NoProxy'),
    ...listed('Labels', info['Labels']),
    ` Experimental: ${String(info['ExperimentalBuild'] ?? false)}`,
    ...registryLines(info['RegistryConfig']),
    ` Live Restore Enabled: ${String(info['LiveRestoreEnabled'] ?? false)}`,
    ...line('Product License', 'ProductLicense'),
    ...poolLines(info['DefaultAddressPools']),
  ];
}

/** The engine's warnings, for standard error. */
export function warningsOf(info: InfoAnswer): string[] {
  return texts(info['Warnings']);
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

function commit(value: unknown): string {
  return String(record(value)['ID'] ?? '');
}

function pairsIn(value: unknown): string[] {
  return Array.isArray(value) ? value.map((pair: unknown) => `  ${texts(pair).join(': ')}`) : [];
}

function listed(label: string, value: unknown): string[] {
  const items = texts(value);
  return items.length === 0 ? [] : [` ${label}:`, ...items.map((item) => `  ${item}`)];
}

function pluginLines(value: unknown): string[] {
  const plugins = record(value);
  const authorization = texts(plugins['Authorization']);
  return [
    ' Plugins:', `  Volume: ${texts(plugins['Volume']).join(' ')}`, `  Network: ${texts(plugins['Network']).join(' ')}`,
    ...(authorization.length === 0 ? [] : [`  Authorization: ${authorization.join(' ')}`]),
    `  Log: ${texts(plugins['Log']).join(' ')}`,
  ];
}

function cdiLines(value: unknown): string[] {
  return listed('CDI spec directories', value);
}

function securityLines(value: unknown): string[] {
  const options = texts(value);
  if (options.length === 0) return [];
  return [' Security Options:', ...options.flatMap((option) => {
    const entries = option.split(',').map((pair) => pair.split('='));
    return entries.map(([key = '', text = '']) => (key === 'name' ? `  ${text}` : `   ${key === 'profile' ? 'Profile' : key}: ${text}`));
  })];
}

function debugLines(info: InfoAnswer): string[] {
  return [
    `  File Descriptors: ${String(info['NFd'])}`, `  Goroutines: ${String(info['NGoroutines'])}`, `  System Time: ${String(info['SystemTime'])}`, `  EventsListeners: ${String(info['NEventsListener'])}`,
  ];
}

function registryLines(value: unknown): string[] {
  const config = record(value);
  const insecureNames = Object.values(record(config['IndexConfigs'])).map(record).filter((index) => index['Secure'] === false).map((index) => String(index['Name']));
  const insecure = [...insecureNames, ...texts(config['InsecureRegistryCIDRs'])];
  const mirrors = texts(config['Mirrors']);
  return [
    ...(insecure.length === 0 ? [] : [' Insecure Registries:', ...insecure.map((name) => `  ${name}`)]),
    ...(mirrors.length === 0 ? [] : [' Registry Mirrors:', ...mirrors.map((mirror) => `  ${mirror}`)]),
  ];
}

function poolLines(value: unknown): string[] {
  if (!Array.isArray(value) || value.length === 0) return [];
  return [' Default Address Pools:', ...value.map((pool: unknown) => `   Base: ${String(record(pool)['Base'])}, Size: ${String(record(pool)['Size'])}`)];
}
