/**
 * The daemon's switches as a table: the command line, the configuration file, the usage text and the reload are all
 * read from it. In the configuration file a switch has its long name, a list its plural, as in Docker's daemon.json.
 */
export interface Flag {
  readonly name: string;
  readonly short?: string;
  readonly kind: 'text' | 'list' | 'switch' | 'number';
  /** The word in the usage text that stands for the value. */
  readonly value?: string;
  readonly help: string;
  readonly otherwise?: string;
  /** Name in the configuration file, where it is not the flag's own. */
  readonly key?: string;
  /** SIGHUP takes a changed value over. */
  readonly reloads?: true;
  /** Only these values have a meaning here; `why` is what anything else is told. */
  readonly only?: { readonly values: readonly string[]; readonly why: string };
}

const text = (name: string, value: string, help: string, more: Partial<Flag> = {}): Flag => ({ name, kind: 'text', value, help, ...more });
const list = (name: string, value: string, help: string, key = `${name}s`, more: Partial<Flag> = {}): Flag => ({ name, kind: 'list', value, help, key, ...more });
const toggle = (name: string, help: string, more: Partial<Flag> = {}): Flag => ({ name, kind: 'switch', help, ...more });
const number = (name: string, help: string, otherwise: string, more: Partial<Flag> = {}): Flag => ({ name, kind: 'number', value: 'int', help, otherwise, ...more });

export const flags: readonly Flag[] = [
  list('add-runtime', 'runtime', 'Register an additional OCI compatible runtime (name=path)', 'runtimes', { reloads: true }),
  list('authorization-plugin', 'list', 'Authorization plugins to load', 'authorization-plugins', { reloads: true }),
  text('bip', 'string', 'Specify default-bridge IPv4 network'),
  text('bridge', 'string', "Name of the default network's bridge interface (none: no such network)", { short: 'b' }),
  list('cdi-spec-dir', 'list', 'CDI specification directories to use (default /etc/cdi, /var/run/cdi)'),
  text('cgroup-parent', 'string', 'Set parent cgroup for all containers'),
  text('config-file', 'string', 'Daemon configuration file', { otherwise: '/etc/naru/daemon.json' }),
  text('data-root', 'string', 'Root directory of persistent state', { otherwise: '/var/lib/naru' }),
  toggle('debug', 'Enable debug mode', { short: 'D', reloads: true }),
  list('default-address-pool', 'pool-options', 'Default address pools for node specific local networks (base=CIDR,size=N)'),
  text('default-cgroupns-mode', 'string', 'Default mode for containers cgroup namespace ("host" | "private")'),
  text('default-ipc-mode', 'string', 'Default mode for containers ipc ("shareable" | "private")', { otherwise: 'private' }),
  list('default-network-opt', 'mapmap', 'Default network options (driver=option=value)'),
  text('default-runtime', 'string', 'Default OCI runtime for containers', { otherwise: 'runc', reloads: true }),
  text('default-shm-size', 'bytes', 'Default shm size for containers', { otherwise: '64MiB' }),
  list('default-ulimit', 'ulimit', 'Default ulimits for containers'),
  list('dns', 'list', 'DNS server to use', 'dns'),
  list('dns-opt', 'list', 'DNS options to use'),
  list('dns-search', 'list', 'DNS search domains to use', 'dns-search'),
  list('exec-opt', 'list', 'Runtime execution options (native.cgroupdriver=cgroupfs)'),
  text('exec-root', 'string', 'Root directory for execution state files', { otherwise: '/run/naru' }),
  text('fixed-cidr', 'string', 'IPv4 subnet for fixed IPs'),
  text('group', 'string', 'Group for the unix socket', { short: 'G', otherwise: 'docker' }),
  toggle('guard-published-ports', "Published ports obey the host's own input filter; false gives Docker's bypass", { otherwise: 'true' }),
  toggle('help', 'Print usage', { short: 'h' }),
  list('host', 'list', 'Daemon socket(s) to listen on (unix://, tcp://, fd://)', 'hosts', { short: 'H' }),
  toggle('icc', 'Enable inter-container communication', { otherwise: 'true' }),
  toggle('init', 'Run an init in the container to forward signals and reap processes'),
  list('insecure-registry', 'list', 'Registries spoken to by http or with any certificate', 'insecure-registries', { reloads: true }),
  text('ip', 'ip', 'Default IP when binding container ports', { otherwise: '0.0.0.0' }),
  toggle('ip-forward', 'Enable net.ipv4.ip_forward', { otherwise: 'true' }),
  toggle('ip-masq', 'Enable IP masquerading', { otherwise: 'true' }),
  toggle('iptables', 'Lay packet rules (in a table of nftables of its own); false: published ports are relayed by the daemon, nothing is masqueraded', { otherwise: 'true' }),
  list('label', 'list', 'Set key=value labels to the daemon', 'labels', { reloads: true }),
  toggle('live-restore', 'Containers outlive the daemon; false: they end with it, and restart policies bring them up with the next', { otherwise: 'true', reloads: true }),
  text('log-driver', 'string', 'Default driver for container logs', { otherwise: 'json-file' }),
  text('log-level', 'string', 'Set the logging level ("debug"|"info"|"warn"|"error")', { short: 'l', otherwise: 'info' }),
  list('log-opt', 'map', 'Default log driver options for containers'),
  number('max-concurrent-downloads', 'Set the max concurrent downloads for each pull', '3', { reloads: true }),
  number('max-concurrent-uploads', 'Set the max concurrent uploads for each push', '5', { reloads: true }),
  number('max-download-attempts', 'Set the max download attempts for each pull', '5', { reloads: true }),
  text('metrics-addr', 'string', 'Address and port to serve the metrics on'),
  number('mtu', "Set the default network's MTU", ''),
  toggle('no-new-privileges', 'Set no-new-privileges by default for new containers'),
  text('pidfile', 'string', 'Path to use for daemon PID file', { short: 'p', otherwise: '/run/naru/naru.pid' }),
  text('plugin-sockets', 'string', "Directory of the plugins' sockets", { otherwise: '/run/docker/plugins' }),
  list('plugin-specs', 'list', "Directories of the plugins' .spec and .json files (default /etc/docker/plugins, /usr/lib/docker/plugins)", 'plugin-specs'),
  list('registry-mirror', 'list', "Preferred registry mirrors for Docker Hub's images", 'registry-mirrors', { reloads: true }),
  number('shutdown-timeout', 'Seconds that requests in flight have when the daemon ends', '15', { reloads: true }),
  text('storage-driver', 'string', 'Storage driver to use', { short: 's', otherwise: 'overlay2', only: { values: ['overlay2'], why: 'layers are kept by overlay2 alone' } }),
  toggle('takeover', 'Take the sockets and the containers over from the narud that runs on the same roots'),
  toggle('tls', 'Use TLS; implied by --tlsverify'),
  text('tlscacert', 'string', 'Trust certs signed only by this CA', { otherwise: '~/.docker/ca.pem' }),
  text('tlscert', 'string', 'Path to TLS certificate file', { otherwise: '~/.docker/cert.pem' }),
  text('tlskey', 'string', 'Path to TLS key file', { otherwise: '~/.docker/key.pem' }),
  toggle('tlsverify', 'Use TLS and verify the remote'),
  toggle('userland-proxy', 'Published ports answer on loopback too; rules do that, no proxy runs', { otherwise: 'true' }),
  text('userns-remap', 'string', 'User/Group setting for user namespaces'),
  toggle('validate', 'Validate daemon configuration and exit'),
  toggle('version', 'Print version information and quit', { short: 'v' }),
];

/** Switches of dockerd that have no meaning here, and why; naming one is an error. */
export const refusedFlags: Readonly<Record<string, string>> = {
  'allow-nondistributable-artifacts': 'foreign layers are never pushed',
  'api-cors-header': 'the API answers no browser',
  containerd: 'there is no containerd',
  'containerd-namespace': 'there is no containerd',
  'containerd-plugins-namespace': 'there is no containerd',
  'cpu-rt-period': 'real-time scheduling of the parent cgroup is not set',
  'cpu-rt-runtime': 'real-time scheduling of the parent cgroup is not set',
  'cri-containerd': 'there is no containerd',
  'default-gateway': 'the default bridge is the gateway',
  'default-gateway-v6': 'the default bridge is the gateway',
  experimental: 'nothing is experimental',
  'fixed-cidr-v6': 'IPv6 is had on networks of one\'s own',
  'host-gateway-ip': 'host-gateway is the default bridge\'s address',
  'init-path': 'the init is part of naru-shim',
  ip6tables: 'the packet rules hold for both families always',
  ipv6: 'IPv6 is had on networks of one\'s own',
  'network-control-plane-mtu': 'there is no swarm',
  'node-generic-resource': 'there is no swarm',
  'oom-score-adjust': 'the service manager sets it (OOMScoreAdjust=)',
  'raw-logs': 'the log has no colours',
  rootless: 'a daemon that an ordinary user starts is rootless by itself',
  'seccomp-profile': 'a profile is given to each container (--security-opt seccomp=)',
  'selinux-enabled': 'labels of SELinux are not set',
  'storage-opt': 'the storage driver has no options',
  'swarm-default-advertise-addr': 'there is no swarm',
  'userland-proxy-path': 'there is no proxy process',
};

/** The flag of that long name or short letter. */
export function flagNamed(name: string): Flag | undefined {
  return flags.find((flag) => flag.name === name);
}

/** `narud --help`. */
export function usage(): string {
  const rows = flags.map((flag) => {
    const left = `  ${flag.short ? `-${flag.short},` : '   '} --${flag.name} ${flag.value ?? ''}`.trimEnd();
    return `${left.padEnd(42)}${flag.help}${flag.otherwise ? ` (default ${flag.kind === 'text' ? `"${flag.otherwise}"` : flag.otherwise})` : ''}`;
  });
  return `Usage:  narud [OPTIONS]\n\nA self-sufficient runtime for containers.\n\nOptions:\n${rows.join('\n')}\n`;
}
