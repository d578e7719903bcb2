/**
 * The daemon's switches as a table: the command line, the configuration file, the usage text are all read from it.
 * In the configuration file a switch has its long name, a list its plural, as in Docker's daemon.json.
 */
export interface Flag {
  readonly name: string;
  readonly short?: string;
  readonly kind: 'text' | 'list' | 'switch';
  /** The word in the usage text that stands for the value. */
  readonly value?: string;
  readonly help: string;
  readonly otherwise?: string;
  /** Name in the configuration file, where it is not the flag's own. */
  readonly key?: string;
}

export const flags = [
  { name: 'bip', kind: 'text', value: 'string', help: 'Specify default-bridge IPv4 network' },
  { name: 'bridge', short: 'b', kind: 'text', value: 'string', help: "Name of the default network's bridge interface" },
  { name: 'cgroup-parent', kind: 'text', value: 'string', help: 'Set parent cgroup for all containers' },
  { name: 'config-file', kind: 'text', value: 'string', help: 'Daemon configuration file', otherwise: '/etc/naru/daemon.json' },
  { name: 'data-root', kind: 'text', value: 'string', help: 'Root directory of persistent state', otherwise: '/var/lib/naru' },
  { name: 'debug', short: 'D', kind: 'switch', help: 'Enable debug mode' },
  { name: 'exec-root', kind: 'text', value: 'string', help: 'Root directory for execution state files', otherwise: '/run/naru' },
  { name: 'group', short: 'G', kind: 'text', value: 'string', help: 'Group for the unix socket', otherwise: 'docker' },
  { name: 'help', short: 'h', kind: 'switch', help: 'Print usage' },
  { name: 'host', short: 'H', kind: 'list', value: 'list', help: 'Daemon socket(s) to listen on', key: 'hosts' },
  { name: 'insecure-registry', kind: 'list', value: 'list', help: 'Registries spoken to by http or with any certificate', key: 'insecure-registries' },
  { name: 'label', kind: 'list', value: 'list', help: 'Set key=value labels to the daemon', key: 'labels' },
  { name: 'log-level', short: 'l', kind: 'text', value: 'string', help: 'Set the logging level ("debug"|"info"|"warn"|"error")', otherwise: 'info' },
  { name: 'mtu', kind: 'text', value: 'int', help: "Set the default network's MTU" },
  { name: 'pidfile', short: 'p', kind: 'text', value: 'string', help: 'Path to use for daemon PID file', otherwise: '/run/naru/naru.pid' },
  { name: 'registry-mirror', kind: 'list', value: 'list', help: "Preferred registry mirrors for Docker Hub's images", key: 'registry-mirrors' },
  { name: 'version', short: 'v', kind: 'switch', help: 'Print version information and quit' },
] as const satisfies readonly Flag[];

/** `narud --help`. */
export function usage(): string {
  const rows = (flags as readonly Flag[]).map((flag) => {
    const left = `  ${flag.short ? `-${flag.short},` : '   '} --${flag.name} ${flag.value ?? ''}`.trimEnd();
    return `${left.padEnd(34)}${flag.help}${flag.otherwise ? ` (default "${flag.otherwise}")` : ''}`;
  });
  return `Usage:  narud [OPTIONS]\n\nA self-sufficient runtime for containers.\n\nOptions:\n${rows.join('\n')}\n`;
}
