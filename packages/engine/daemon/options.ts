/** The daemon's configuration, out of its command line and its configuration file. */
import { createHash } from 'node:crypto';
import { InvalidArgument, messageOf } from '#base';
import { parseMirror } from '#images';
import { validateLogOptions } from '../containers/logs/forward/options.ts';
import type { EngineConfig, LogLevel, TlsFiles } from '../context.ts';
import { ownDefaults } from '../rootless/directories.ts';
import { parseCommandLine, type Given } from './command-line.ts';
import { readConfigurationFile, type ReadFile } from './configuration-file.ts';
import { flagNamed } from './flags.ts';
import { parsePort } from './metrics-address.ts';
import { checkExecOptions, parseCount, parseIp, parseIpv4, parseLabels, parseMap, parseMapOfMaps, parsePath, parsePool, parseRuntimes, parseSize, parseUlimit } from './values.ts';

/** What the command line asks for: a text to print, or a daemon. */
export type Invocation =
  | { readonly kind: 'usage' | 'version' | 'valid' }
  | {
      readonly kind: 'daemon';
      readonly config: EngineConfig;
      /** Takes over from the daemon that runs on the same roots. */
      readonly takeover: boolean;
      /** Reads the configuration file again. Throws InvalidArgument. */
      readonly reread: () => EngineConfig;
    };

/** Defaults that differ where the daemon is not root's. */
type OwnDefaults = Readonly<Record<string, string>>;

const levels: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];

/** Throws InvalidArgument with one sentence for whatever is wrong; `readFile` and `own` are for tests. */
export function parseInvocation(words: readonly string[], readFile?: ReadFile, own: OwnDefaults = ownDefaults()): Invocation {
  const typed = parseCommandLine(words);
  if (typed['help']) return { kind: 'usage' };
  if (typed['version']) return { kind: 'version' };
  const named = typed['config-file'] as string | undefined;
  const path = named ?? own['config-file'] ?? '/etc/naru/daemon.json';
  const reread = (): EngineConfig =>
    configOf({ ...readConfigurationFile(path, { named: named !== undefined, typed, ...(readFile && { readFile }) }), ...typed }, path, own);
  const config = reread();
  return typed['validate'] ? { kind: 'valid' } : { kind: 'daemon', config, takeover: typed['takeover'] === true, reread };
}

/** Reads single values, flags' defaults where nothing is given. */
class Values {
  readonly #given: Given;
  readonly #own: OwnDefaults;

  constructor(given: Given, own: OwnDefaults) {
    this.#given = given;
    this.#own = own;
    for (const [name, value] of Object.entries(given)) refuseMeaningless(name, value);
  }

  has(name: string): boolean {
    return this.#given[name] !== undefined;
  }

  text(name: string): string {
    return (this.#given[name] as string | undefined) ?? this.#own[name] ?? flagNamed(name)?.otherwise ?? '';
  }

  list(name: string): readonly string[] {
    return (this.#given[name] as readonly string[] | undefined) ?? [];
  }

  on(name: string): boolean {
    return (this.#given[name] as boolean | undefined) ?? flagNamed(name)?.otherwise === 'true';
  }
}

function refuseMeaningless(name: string, value: unknown): void {
  const only = flagNamed(name)?.only;
  if (only && !only.values.includes(String(value))) throw new InvalidArgument(`--${name}=${String(value)} is not supported: ${only.why}`);
}

function configOf(given: Given, configFile: string, own: OwnDefaults): EngineConfig {
  const values = new Values(given, own);
  const execRoot = parsePath(values.text('exec-root'));
  const hosts = values.list('host');
  checkExecOptions(values.list('exec-opt'));
  return {
    configFile,
    hosts: hosts.length > 0 ? hosts : [values.text('host') || 'unix:///run/naru/naru.sock'],
    dataRoot: parsePath(values.text('data-root')),
    execRoot,
    pidfile: parsePath(values.text('pidfile')),
    group: values.text('group'),
    logLevel: levelOf(values.text('log-level'), values.on('debug')),
    cgroupParent: values.text('cgroup-parent') || defaultCgroupParent(execRoot),
    labels: parseLabels(values.list('label')),
    debug: values.on('debug'),
    tls: tlsOf(values),
    authorizationPlugins: [...new Set(values.list('authorization-plugin'))],
    pluginSockets: parsePath(values.text('plugin-sockets')),
    pluginSpecs: values.has('plugin-specs') ? values.list('plugin-specs').map(parsePath) : ['/etc/docker/plugins', '/usr/lib/docker/plugins'],
    shutdownTimeout: parseCount('shutdown-timeout', values.text('shutdown-timeout'), -1),
    liveRestore: values.on('live-restore'),
    metricsAddress: parsePort(values.text('metrics-addr')),
    ...registriesOf(values),
    ...networksOf(values),
    ...containersOf(values),
  };
}

function registriesOf(values: Values) {
  const count = (name: string): number => parseCount(name, values.text(name), 1);
  return {
    registryMirrors: values.list('registry-mirror').map((text) => parseMirror(text).href),
    insecureRegistries: values.list('insecure-registry'),
    maxConcurrentDownloads: count('max-concurrent-downloads'),
    maxConcurrentUploads: count('max-concurrent-uploads'),
    maxDownloadAttempts: count('max-download-attempts'),
  };
}

function networksOf(values: Values) {
  return {
    defaultAddressPools: values.list('default-address-pool').map(parsePool),
    defaultNetworkOptions: parseMapOfMaps(values.list('default-network-opt')),
    bridge: values.text('bridge'),
    bip: values.text('bip'),
    fixedCidr: values.text('fixed-cidr'),
    mtu: mtuOf(values.text('mtu')),
    icc: values.on('icc'),
    ipMasquerade: values.on('ip-masq') && values.on('iptables'),
    ipForward: values.on('ip-forward'),
    packetRules: values.on('iptables'),
    defaultBindingIp: parseIpv4(values.text('ip')),
    guardPublishedPorts: values.on('guard-published-ports'),
    dns: { servers: values.list('dns').map(parseIp), search: values.list('dns-search'), options: values.list('dns-opt') },
  };
}

function containersOf(values: Values) {
  const runtimes = parseRuntimes(values.list('add-runtime'));
  const defaultRuntime = values.text('default-runtime');
  if (defaultRuntime !== 'runc' && !Object.hasOwn(runtimes, defaultRuntime)) throw new InvalidArgument(`specified default runtime '${defaultRuntime}' does not exist`);
  return {
    logging: loggingOf(values),
    defaultUlimits: values.list('default-ulimit').map(parseUlimit),
    defaultShmSize: parseSize(values.text('default-shm-size')),
    defaultIpcMode: wordOf(values, 'default-ipc-mode', ['private', 'shareable'], 'IPC'),
    defaultCgroupnsMode: wordOf(values, 'default-cgroupns-mode', ['', 'private', 'host'], 'cgroup namespace'),
    init: values.on('init'),
    noNewPrivileges: values.on('no-new-privileges'),
    cdiSpecDirs: values.list('cdi-spec-dir').length > 0 ? values.list('cdi-spec-dir').map(parsePath) : ['/etc/cdi', '/var/run/cdi'],
    usernsRemap: values.text('userns-remap'),
    runtimes,
    defaultRuntime,
  };
}

/** Throws InvalidArgument for what no container could be given. */
function loggingOf(values: Values): { driver: string; options: Record<string, string> } {
  const logging = { driver: values.text('log-driver'), options: { ...parseMap(values.list('log-opt')) } };
  try {
    validateLogOptions(logging.driver, logging.options);
  } catch (error) {
    throw new InvalidArgument(`failed to set log opts: ${messageOf(error)}`, { cause: error });
  }
  return logging;
}

function wordOf(values: Values, name: string, words: readonly string[], what: string): string {
  const word = values.text(name);
  if (!words.includes(word)) throw new InvalidArgument(`default ${what} mode (${word}) is invalid, use "${words.filter(Boolean).join('" or "')}"`);
  return word;
}

/** `--tlsverify=false` and `--tls` alone encrypt without asking clients for a certificate. */
function tlsOf(values: Values): TlsFiles | undefined {
  const verify = values.on('tlsverify');
  if (!verify && !values.on('tls')) return undefined;
  return { verify, ca: parsePath(values.text('tlscacert')), cert: parsePath(values.text('tlscert')), key: parsePath(values.text('tlskey')) };
}

/** Daemons beside each other keep their containers apart: the one with the default directories has the short name. */
function defaultCgroupParent(execRoot: string): string {
  if (execRoot === '/run/naru') return '/naru';
  return `/naru-${createHash('sha256').update(execRoot).digest('hex').slice(0, 8)}`;
}

function levelOf(word: string, debug: boolean): LogLevel {
  const level = levels.find((it) => it === word);
  if (!level) throw new InvalidArgument(`invalid logging level: ${word}`);
  return debug ? 'debug' : level;
}

function mtuOf(text: string): number {
  if (text === '' || text === '0') return 0;
  if (Number(text) < 68 || Number(text) > 65_535) throw new InvalidArgument(`invalid MTU: ${text}`);
  return Number(text);
}
