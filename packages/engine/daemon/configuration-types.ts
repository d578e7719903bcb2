/**
 * The Go types of daemon.json's fields and where dockerd's structures hold them: a value of another type is refused in
 * the words of Go's JSON reader, which name both.
 */
import { InvalidArgument } from '#base';

type Scalar = 'string' | 'bool' | 'int' | 'int64' | 'net.IP' | 'log.OutputFormat';
/** `struct` is how Go calls a structure's type in complaints; those of `named` ones are told by that name, without the outermost. */
type FieldType = Scalar | { readonly list: FieldType } | { readonly map: FieldType } | { readonly struct: string; readonly fields: Readonly<Record<string, FieldType>>; readonly pointer?: true; readonly named?: string };

const words: FieldType = { list: 'string' };
const pool: FieldType = { struct: 'ipamutils.NetworkToSplit', pointer: true, fields: { base: 'string', size: 'int' } };
const ulimit: FieldType = { struct: 'units.Ulimit', pointer: true, named: 'Ulimit', fields: { Name: 'string', Soft: 'int64', Hard: 'int64' } };
const runtime: FieldType = { struct: 'system.Runtime', named: 'Runtime', fields: { path: 'string', runtimeArgs: words, runtimeType: 'string' } };

/** Fields by the structure that holds them; those that only this daemon has stand with the common ones. */
const structures: Readonly<Record<string, Readonly<Record<string, FieldType>>>> = {
  Config: {
    runtimes: { map: runtime }, 'default-ulimits': { map: ulimit }, 'cgroup-parent': 'string', 'default-cgroupns-mode': 'string', 'default-ipc-mode': 'string', 'init-path': 'string',
    'seccomp-profile': 'string', 'userns-remap': 'string', init: 'bool', 'no-new-privileges': 'bool', 'selinux-enabled': 'bool', 'cpu-rt-period': 'int64', 'cpu-rt-runtime': 'int64',
  },
  'Config.CommonConfig': {
    'authorization-plugins': words, 'cdi-spec-dirs': words, 'exec-opts': words, hosts: words, labels: words, 'storage-opts': words, features: { map: 'bool' },
    containerd: 'string', 'containerd-namespace': 'string', 'data-root': 'string', 'default-runtime': 'string', 'exec-root': 'string', group: 'string', 'log-format': 'log.OutputFormat', 'log-level': 'string',
    'metrics-addr': 'string', pidfile: 'string', 'storage-driver': 'string', 'swarm-default-advertise-addr': 'string',
    'containerd-plugins-namespace': 'string', 'plugin-sockets': 'string', 'plugin-specs': words, 'guard-published-ports': 'bool', rootless: 'bool',
    debug: 'bool', experimental: 'bool', 'live-restore': 'bool', 'raw-logs': 'bool', tls: 'bool', tlsverify: 'bool',
    'max-concurrent-downloads': 'int', 'max-concurrent-uploads': 'int', 'max-download-attempts': 'int', 'shutdown-timeout': 'int',
  },
  'Config.CommonConfig.LogConfig': { 'log-driver': 'string', 'log-opts': { map: 'string' } },
  'Config.CommonConfig.TLSOptions': { tlscacert: 'string', tlscert: 'string', tlskey: 'string' },
  'Config.CommonConfig.ServiceOptions': { 'insecure-registries': words, 'registry-mirrors': words },
  'Config.CommonConfig.DNSConfig': { dns: { list: 'net.IP' }, 'dns-opts': words, 'dns-search': words, 'host-gateway-ip': 'net.IP', 'host-gateway-ips': { list: 'net.IP' } },
  'Config.CommonConfig.NetworkConfig': { 'default-address-pools': { list: pool }, 'default-network-opts': { map: { map: 'string' } }, 'firewall-backend': 'string', 'network-control-plane-mtu': 'int' },
  'Config.CommonConfig.BridgeConfig': { 'allow-direct-routing': 'bool', 'bridge-accept-fwmark': 'string', 'ip-forward': 'bool', 'ip-forward-no-drop': 'bool', 'ip-masq': 'bool', ip6tables: 'bool', iptables: 'bool', 'userland-proxy': 'bool', 'userland-proxy-path': 'string' },
  'Config.CommonConfig.BridgeConfig.DefaultBridgeConfig': {
    bip: 'string', bip6: 'string', 'fixed-cidr-v6': 'string', 'default-gateway': 'net.IP', 'default-gateway-v6': 'net.IP', ip: 'net.IP', icc: 'bool', ipv6: 'bool', mtu: 'int',
  },
  'Config.CommonConfig.BridgeConfig.DefaultBridgeConfig.commonBridgeConfig': { bridge: 'string', 'fixed-cidr': 'string' },
  'Proxies.CommonConfig.proxies': { 'http-proxy': 'string', 'https-proxy': 'string', 'no-proxy': 'string' },
};

/** Throws InvalidArgument for the first value that is not of its field's type: `json: cannot unmarshal string into Go struct field Config.CommonConfig.debug of type bool`. */
export function refuseWrongTypes(document: Readonly<Record<string, unknown>>): void {
  for (const [key, value] of Object.entries(document)) {
    const field = fieldOf(key);
    if (field !== undefined) check(value, field.type, field.place);
    else if (key === 'default-shm-size') refuseSize(value);
  }
}

/** A directive's type and where dockerd has it; undefined for those without one: a size has a reader of its own. */
export function fieldOf(key: string): { type: FieldType; place: string } | undefined {
  const home = Object.entries(structures).find(([, fields]) => Object.hasOwn(fields, key));
  return home && { type: home[1][key] as FieldType, place: `${home[0]}.${key}` };
}

/** Whether it is a map, whose names the file's writer chooses. */
export function isMap(key: string): boolean {
  const type = fieldOf(key)?.type;
  return typeof type === 'object' && 'map' in type;
}

/** A size has a reader of its own, which takes text alone. */
function refuseSize(value: unknown): void {
  if (value !== null && (typeof value !== 'string' || value === '')) throw new InvalidArgument(`invalid size: ${JSON.stringify(JSON.stringify(value))}`);
}

function check(value: unknown, type: FieldType, place: string): void {
  if (value === null) return;
  if (typeof type === 'string') {
    if (!holds(value, type)) refuse(value, type, place);
  } else if ('list' in type) {
    if (!Array.isArray(value)) refuse(value, type, place);
    for (const each of value as unknown[]) check(each, type.list, place);
  } else {
    if (typeof value !== 'object' || Array.isArray(value)) refuse(value, type, place);
    for (const [name, each] of Object.entries(value as object)) {
      if ('map' in type) check(each, type.map, place);
      else checkMember(name, each, type, place);
    }
  }
}

/** A member's name is found in any case, as Go finds it. */
function checkMember(name: string, value: unknown, { fields, named }: Extract<FieldType, { struct: string }>, place: string): void {
  const found = Object.keys(fields).find((field) => field.toLowerCase() === name.toLowerCase());
  if (found !== undefined) check(value, fields[found] as FieldType, `${named === undefined ? place : place.replace(/^\w+/, named)}.${found}`);
}

function holds(value: unknown, type: Scalar): boolean {
  if (type === 'bool') return typeof value === 'boolean';
  return type === 'int' || type === 'int64' ? Number.isSafeInteger(value) : typeof value === 'string';
}

/** As Go's reader calls it. */
export function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}

function refuse(value: unknown, type: FieldType, place: string): never {
  const what = typeof value === 'number' && (type === 'int' || type === 'int64') ? `number ${value}` : kindOf(value);
  throw new InvalidArgument(`json: cannot unmarshal ${what} into Go struct field ${place} of type ${goTypeOf(type)}`);
}

function goTypeOf(type: FieldType): string {
  if (typeof type === 'string') return type;
  if ('list' in type) return `[]${star(type.list)}${goTypeOf(type.list)}`;
  return 'map' in type ? `map[string]${star(type.map)}${goTypeOf(type.map)}` : type.struct;
}

function star(type: FieldType): string {
  return typeof type === 'object' && 'pointer' in type ? '*' : '';
}
