/** The daemon's configuration, out of its command line and its configuration file. */
import { createHash } from 'node:crypto';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { InvalidArgument } from '#base';
import { inUserNamespace } from '#kernel';
import { parseMirror } from '#images';
import type { EngineConfig, TlsFiles } from '../context.ts';
import { ownDefaults } from '../rootless/directories.ts';
import { parseCommandLine, type Given } from './command-line.ts';
import { readConfigurationFile, type ReadFile } from './configuration-file.ts';
import { machine } from '../containers/machine.ts';
import type { Machine } from '../containers/spec/validate-resources.ts';
import { containersOf } from './container-options.ts';
import { parseFeatures } from './features.ts';
import { Values, type OwnDefaults } from './flag-values.ts';
import { flagNamed } from './flags.ts';
import { fullAddress } from './listen.ts';
import { levelOf } from './log.ts';
import { parsePort } from './metrics-address.ts';
import { networksOf } from './network-options.ts';
import { proxiesOf } from './proxies.ts';
import { parseStorageOptions } from './storage-options.ts';
import { cgroupDriverOf, requireSlice, parseCount, parseLabels, parsePath } from './values.ts';

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

function configOf(given: Given, configFile: string, own: OwnDefaults): EngineConfig {
  const values = new Values(given, own);
  const execRoot = parsePath(values.text('exec-root'));
  const hosts = values.list('host');
  const tls = tlsOf(values);
  const storage = parseStorageOptions(values.list('storage-opt'));
  const cgroupDriver = cgroupDriverOf(values.list('exec-opt'));
  refuseRootless(values);
  return {
    configFile,
    hosts: hosts.length > 0 ? hosts.map((host) => fullAddress(host, { tls: tls !== undefined })) : [values.text('host') || (tls ? 'tcp://localhost:2376' : 'unix:///run/naru/naru.sock')],
    dataRoot: parsePath(values.text('data-root')),
    execRoot,
    pidfile: parsePath(values.text('pidfile')),
    group: values.text('group'),
    logLevel: levelOf(values.text('log-level'), values.on('debug')),
    logFormat: logFormatOf(values.text('log-format')),
    rawLogs: values.on('raw-logs'),
    cgroupDriver,
    cgroupParent: values.text('cgroup-parent') ? join('/', requireSlice(cgroupDriver, values.text('cgroup-parent'))) : defaultCgroupParent(execRoot, cgroupDriver),
    realtime: realtimeOf(values, machine()),
    labels: parseLabels(values.list('label')),
    debug: values.on('debug'),
    tls,
    authorizationPlugins: [...new Set(values.list('authorization-plugin'))],
    pluginSockets: parsePath(values.text('plugin-sockets')),
    pluginSpecs: values.has('plugin-specs') ? values.list('plugin-specs').map(parsePath) : ['/etc/docker/plugins', '/usr/lib/docker/plugins'],
    shutdownTimeout: parseCount('shutdown-timeout', values.text('shutdown-timeout'), -1),
    liveRestore: values.on('live-restore'),
    experimental: values.on('experimental'),
    features: parseFeatures(values.list('feature')),
    selinux: values.on('selinux-enabled'),
    proxies: proxiesOf(values),
    remarks: [...values.remarks, ...storage.remarks],
    containerSize: storage.containerSize,
    metricsAddress: parsePort(values.text('metrics-addr')),
    ...registriesOf(values),
    ...networksOf(values),
    ...containersOf(values),
  };
}

function registriesOf(values: Values) {
  // 0 is the default's, as in Docker's file.
  const count = (name: string): number => parseCount(name, values.text(name), 0) || Number(flagNamed(name)?.otherwise);
  return {
    registryMirrors: values.list('registry-mirror').map((text) => parseMirror(text).href),
    insecureRegistries: values.list('insecure-registry'),
    maxConcurrentDownloads: count('max-concurrent-downloads'),
    maxConcurrentUploads: count('max-concurrent-uploads'),
    maxDownloadAttempts: count('max-download-attempts'),
  };
}

/** Whoever says anything of `--tlsverify` wants TLS; only `--tlsverify=false` asks clients for no certificate. */
function tlsOf(values: Values): TlsFiles | undefined {
  const asked = values.has('tlsverify') || values.on('tls') || Boolean(process.env['DOCKER_TLS_VERIFY']);
  if (!asked) return undefined;
  const directory = process.env['DOCKER_CERT_PATH'] || process.env['DOCKER_CONFIG'] || join(homedir(), '.docker');
  const file = (name: string, otherwise: string): string => parsePath(values.text(name) || join(directory, otherwise));
  const verify = values.has('tlsverify') ? values.on('tlsverify') : true;
  return { verify, ca: file('tlscacert', 'ca.pem'), cert: file('tlscert', 'cert.pem'), key: file('tlskey', 'key.pem') };
}

/** Microseconds. Throws InvalidArgument in dockerd's words where no cgroup can have it. */
export function realtimeOf(values: Pick<Values, 'text'>, { cgroupVersion, cpuRealtime }: Pick<Machine, 'cgroupVersion' | 'cpuRealtime'>): EngineConfig['realtime'] {
  const [period, runtime] = [Number(values.text('cpu-rt-period')), Number(values.text('cpu-rt-runtime'))];
  if (period === 0 && runtime === 0) return { period, runtime };
  if (cgroupVersion === 2) throw new InvalidArgument('daemon-scoped cpu-rt-period and cpu-rt-runtime are not implemented for cgroup v2');
  if (!cpuRealtime) throw new InvalidArgument('daemon-scoped cpu-rt-period and cpu-rt-runtime are not supported by the kernel');
  return { period, runtime };
}

/** What an ordinary user's daemon is without being told, root's cannot become. */
function refuseRootless(values: Values): void {
  if (values.on('rootless') && process.geteuid?.() === 0 && !inUserNamespace()) throw new InvalidArgument('--rootless is not supported: an ordinary user starts the daemon, and it is rootless by itself');
}

function logFormatOf(word: string): 'text' | 'json' {
  if (word !== 'text' && word !== 'json') throw new InvalidArgument(`invalid log format: ${word}`);
  return word;
}

/** Daemons beside each other keep their containers apart: the one with the default directories has the short name. Under systemd each is a unit by its id. */
function defaultCgroupParent(execRoot: string, driver: EngineConfig['cgroupDriver']): string {
  if (driver === 'systemd') return '/system.slice';
  if (execRoot === '/run/naru') return '/naru';
  return `/naru-${createHash('sha256').update(execRoot).digest('hex').slice(0, 8)}`;
}
