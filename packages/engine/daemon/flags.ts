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
  /** Nothing hangs on it here: it is taken, and the log says why it changes nothing. */
  readonly idle?: string;
  /** Only these values have a meaning here; `why` is what anything else is told. */
  readonly only?: { readonly values: readonly string[]; readonly why: string };
}

const text = (name: string, value: string, help: string, more: Partial<Flag> = {}): Flag => ({ name, kind: 'text', value, help, ...more });
const list = (name: string, value: string, help: string, key = `${name}s`, more: Partial<Flag> = {}): Flag => ({ name, kind: 'list', value, help, key, ...more });
const toggle = (name: string, help: string, more: Partial<Flag> = {}): Flag => ({ name, kind: 'switch', help, ...more });
const number = (name: string, help: string, otherwise: string, more: Partial<Flag> = {}): Flag => ({ name, kind: 'number', value: 'int', help, otherwise, ...more });

export const flags: readonly Flag[] = [
  list('add-runtime', 'runtime', 'Register an additional OCI compatible runtime (name=path)', 'runtimes', { reloads: true }),
  toggle('allow-direct-routing', 'Let who routes to containers reach their published ports at the containers\' own addresses'),
  list('authorization-plugin', 'list', 'Authorization plugins to load', 'authorization-plugins', { reloads: true }),
  text('bip', 'string', 'Specify default-bridge IPv4 network'),
  text('bip6', 'string', 'Specify default-bridge IPv6 network'),
  text('bridge', 'string', "Name of the default network's bridge interface (none: no such network)", { short: 'b' }),
  text('bridge-accept-fwmark', 'string', 'In bridge networks, accept packets with this firewall mark/mask'),
  list('cdi-spec-dir', 'list', 'CDI specification directories to use (default /etc/cdi, /var/run/cdi)'),
  text('cgroup-parent', 'string', 'Set parent cgroup for all containers'),
  ...['containerd', 'containerd-namespace', 'containerd-plugins-namespace'].map((name) => text(name, 'string', 'Of no use here: containers are made without a containerd', { idle: 'containers are made without a containerd' })),
  text('config-file', 'string', 'Daemon configuration file', { otherwise: '/etc/naru/daemon.json' }),
  number('cpu-rt-period', 'Limit the CPU real-time period in microseconds for the parent cgroup for all containers (not supported with cgroups v2)', '0'),
  number('cpu-rt-runtime', 'Limit the CPU real-time runtime in microseconds for the parent cgroup for all containers (not supported with cgroups v2)', '0'),
  text('data-root', 'string', 'Root directory of persistent state', { otherwise: '/var/lib/naru' }),
  toggle('debug', 'Enable debug mode', { short: 'D', reloads: true }),
  list('default-address-pool', 'pool-options', 'Default address pools for node specific local networks (base=CIDR,size=N)'),
  text('default-gateway', 'ip', 'Default gateway IPv4 address for the default bridge network'),
  text('default-gateway-v6', 'ip', 'Default gateway IPv6 address for the default bridge network'),
  text('default-cgroupns-mode', 'string', 'Default mode for containers cgroup namespace ("host" | "private")', { reloads: true }),
  text('default-ipc-mode', 'string', 'Default mode for containers ipc ("shareable" | "private")', { otherwise: 'private', reloads: true }),
  list('default-network-opt', 'mapmap', 'Default network options (driver=option=value)'),
  text('default-runtime', 'string', 'Default OCI runtime for containers', { otherwise: 'runc', reloads: true }),
  text('default-shm-size', 'bytes', 'Default shm size for containers', { otherwise: '64MiB', reloads: true }),
  list('default-ulimit', 'ulimit', 'Default ulimits for containers'),
  list('dns', 'list', 'DNS server to use', 'dns'),
  list('dns-opt', 'list', 'DNS options to use'),
  list('dns-search', 'list', 'DNS search domains to use', 'dns-search'),
  list('exec-opt', 'list', 'Runtime execution options (native.cgroupdriver=cgroupfs or systemd)'),
  toggle('experimental', 'Offer what dockerd keeps as an experiment: checkpoints of containers, build --squash'),
  text('exec-root', 'string', 'Root directory for execution state files', { otherwise: '/run/naru' }),
  list('feature', 'map', 'Enable or disable a feature (name=bool)', 'features', { reloads: true }),
  text('firewall-backend', 'string', 'What packet rules are laid with', { otherwise: 'nftables', only: { values: ['', 'nftables'], why: 'packet rules are laid with nftables alone (--iptables=false lays none)' } }),
  text('fixed-cidr', 'string', 'IPv4 subnet for fixed IPs'),
  text('fixed-cidr-v6', 'string', 'IPv6 subnet for the default bridge network'),
  text('group', 'string', 'Group for the unix socket', { short: 'G', otherwise: 'docker' }),
  toggle('guard-published-ports', "Published ports obey the host's own input filter; false gives Docker's bypass", { otherwise: 'true' }),
  toggle('help', 'Print usage', { short: 'h' }),
  list('host', 'list', 'Daemon socket(s) to listen on (unix://, tcp://, fd://)', 'hosts', { short: 'H' }),
  list('host-gateway-ip', 'list', "Addresses that the special 'host-gateway' string in --add-host resolves to, one of each family (default: the default bridge's)"),
  text('http-proxy', 'string', 'HTTP proxy URL to use for outgoing traffic'),
  text('https-proxy', 'string', 'HTTPS proxy URL to use for outgoing traffic'),
  toggle('icc', 'Enable inter-container communication', { otherwise: 'true' }),
  toggle('init', 'Run an init in the container to forward signals and reap processes'),
  text('init-path', 'string', 'Path to an init binary to use in place of the built-in one'),
  list('insecure-registry', 'list', 'Registries spoken to by http or with any certificate', 'insecure-registries', { reloads: true }),
  text('ip', 'ip', 'Default IP when binding container ports', { otherwise: '0.0.0.0' }),
  toggle('ip-forward', 'Enable net.ipv4.ip_forward', { otherwise: 'true' }),
  toggle('ip-forward-no-drop', 'Of no use here: the policy of others\' forward chains is never changed', { idle: 'the policy of others\' forward chains is never changed' }),
  toggle('ip-masq', 'Enable IP masquerading', { otherwise: 'true' }),
  toggle('ip6tables', 'Lay packet rules for IPv6 too', { otherwise: 'true', only: { values: ['true'], why: 'the packet rules hold for both families always (--iptables=false lays none)' } }),
  toggle('iptables', 'Lay packet rules (in a table of nftables of its own); false: published ports are relayed by the daemon, nothing is masqueraded', { otherwise: 'true' }),
  toggle('ipv6', 'Enable IPv6 on the default bridge network'),
  list('label', 'list', 'Set key=value labels to the daemon', 'labels', { reloads: true }),
  toggle('live-restore', 'Containers outlive the daemon; false: they end with it, and restart policies bring them up with the next', { otherwise: 'true', reloads: true }),
  text('log-driver', 'string', 'Default driver for container logs', { otherwise: 'json-file' }),
  text('log-format', 'string', 'Set the logging format ("text"|"json")', { otherwise: 'text' }),
  text('log-level', 'string', 'Set the logging level ("debug"|"info"|"warn"|"error"|"fatal")', { short: 'l', otherwise: 'info' }),
  list('log-opt', 'map', 'Default log driver options for containers'),
  number('max-concurrent-downloads', 'Set the max concurrent downloads for each pull', '3', { reloads: true }),
  number('max-concurrent-uploads', 'Set the max concurrent uploads for each push', '5', { reloads: true }),
  number('max-download-attempts', 'Set the max download attempts for each pull', '5', { reloads: true }),
  text('metrics-addr', 'string', 'Address and port to serve the metrics on'),
  number('mtu', "Set the default network's MTU", ''),
  number('network-control-plane-mtu', 'Of use in a swarm alone', '1500', { idle: 'it is of use in a swarm alone' }),
  toggle('no-new-privileges', 'Set no-new-privileges by default for new containers'),
  text('no-proxy', 'string', 'Comma-separated list of hosts or IP addresses for which the proxy is skipped'),
  text('pidfile', 'string', 'Path to use for daemon PID file', { short: 'p', otherwise: '/run/naru/naru.pid' }),
  text('plugin-sockets', 'string', "Directory of the plugins' sockets", { otherwise: '/run/docker/plugins' }),
  list('plugin-specs', 'list', "Directories of the plugins' .spec and .json files (default /etc/docker/plugins, /usr/lib/docker/plugins)", 'plugin-specs'),
  toggle('raw-logs', 'Full timestamps without ANSI coloring, on a terminal too'),
  list('registry-mirror', 'list', "Preferred registry mirrors for Docker Hub's images", 'registry-mirrors', { reloads: true }),
  toggle('rootless', "Enable rootless mode: an ordinary user's daemon is in it always"),
  text('seccomp-profile', 'string', 'Path to seccomp profile. "unconfined" takes the default profile away', { otherwise: 'builtin' }),
  toggle('selinux-enabled', 'Enable selinux support, where the kernel has it'),
  number('shutdown-timeout', 'Seconds that requests in flight have when the daemon ends', '15', { reloads: true }),
  text('storage-driver', 'string', 'Storage driver to use', { short: 's', otherwise: 'overlay2', only: { values: ['overlay2'], why: 'layers are kept by overlay2 alone' } }),
  list('storage-opt', 'list', 'Storage driver options'),
  text('swarm-default-advertise-addr', 'string', 'Of use in a swarm alone', { idle: 'it is of use in a swarm alone' }),
  toggle('takeover', 'Take the sockets and the containers over from the narud that runs on the same roots'),
  toggle('tls', 'Use TLS; implied by --tlsverify'),
  text('tlscacert', 'string', 'Trust certs signed only by this CA (default ~/.docker/ca.pem)'),
  text('tlscert', 'string', 'Path to TLS certificate file (default ~/.docker/cert.pem)'),
  text('tlskey', 'string', 'Path to TLS key file (default ~/.docker/key.pem)'),
  toggle('tlsverify', 'Use TLS and verify the remote'),
  toggle('userland-proxy', 'Published ports answer on loopback too; rules do that, no proxy runs', { otherwise: 'true' }),
  text('userland-proxy-path', 'string', 'Of no use here: no proxy process runs', { idle: 'published ports are served by rules and by the daemon itself' }),
  text('userns-remap', 'string', 'User/Group setting for user namespaces'),
  toggle('validate', 'Validate daemon configuration and exit'),
  toggle('version', 'Print version information and quit', { short: 'v' }),
];

/** Switches of dockerd that have no meaning here, and why; naming one is an error. */
export const refusedFlags: Readonly<Record<string, string>> = {
  'allow-nondistributable-artifacts': 'foreign layers are never pushed',
  'api-cors-header': 'the API answers no browser',
  'cri-containerd': 'there is no containerd',
  'node-generic-resource': 'there is no swarm',
  'oom-score-adjust': 'the service manager sets it (OOMScoreAdjust=)',
};

/** What only the file has, and nothing hangs on here. */
export const idleDirectives: Readonly<Record<string, string>> = {
  builder: 'there is no BuildKit whose cache it would keep small',
  'deprecated-key-path': 'images have no such signatures any more',
};

/** The flag of that long name. */
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
