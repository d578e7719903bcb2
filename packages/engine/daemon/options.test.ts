import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isKind } from '#base';
import { fieldOf } from './configuration-types.ts';
import { flags } from './flags.ts';
import { maskCredentials } from './proxies.ts';
import { parseInvocation, realtimeOf } from './options.ts';
import { layerSize } from './storage-options.ts';

const nothing = (): string => {
  throw Object.assign(new Error('ENOENT: no such file'), { code: 'ENOENT' });
};
const config = (words: string[], file?: Record<string, unknown>) => {
  const invocation = parseInvocation(words, file ? () => JSON.stringify(file) : nothing, {});
  assert.ok(invocation.kind === 'daemon');
  return invocation.config;
};

test('without flags: paths of its own', () => {
  const { hosts, dataRoot, execRoot, cgroupParent, logLevel } = config([]);
  assert.deepEqual({ hosts, dataRoot, execRoot, cgroupParent, logLevel }, {
    hosts: ['unix:///run/naru/naru.sock'],
    dataRoot: '/var/lib/naru',
    execRoot: '/run/naru',
    cgroupParent: '/naru',
    logLevel: 'info',
  });
});

test('daemons with other run directories have other cgroups', () => {
  const [one, two] = ['/run/a', '/run/b'].map((root) => config(['--exec-root', root]).cgroupParent);
  assert.match(one ?? '', /^\/naru-[0-9a-f]{8}$/);
  assert.notEqual(one, two);
});

test('lists repeat, and come from the file by their plural', () => {
  assert.deepEqual(config(['-H', '127.0.0.1:23', '-H', 'tcp://:24', '-H', '[::1]', '-H', 'fd://']).hosts, ['tcp://127.0.0.1:23', 'tcp://localhost:24', 'tcp://[::1]:2375', 'fd://']);
  assert.deepEqual(config(['--tls', '-H', 'tcp://0.0.0.0', '-H', '/run/a.sock']).hosts, ['tcp://0.0.0.0:2376', '/run/a.sock']);
  assert.deepEqual(config(['-H', 'unix:///a', '--host=unix:///b', '-Hunix:///c']).hosts, ['unix:///a', 'unix:///b', 'unix:///c']);
  assert.deepEqual(config([], { 'registry-mirrors': ['http://m'] }).registryMirrors, ['http://m/']);
  assert.throws(() => config([], { 'registry-mirrors': ['ftp://m'] }), /invalid mirror/);
  assert.throws(() => config([], { dns: ['here'] }), /here is not an ip address/);
  assert.throws(() => config([], { mtu: "wide" }), /json: cannot unmarshal string into Go struct field Config\.CommonConfig\.BridgeConfig\.DefaultBridgeConfig\.mtu of type int$/);
});

test('host-gateway is one address of each family; the file had but one, by another name', () => {
  assert.deepEqual(config([]).hostGatewayIps, []);
  assert.deepEqual(config(['--host-gateway-ip', '192.0.2.1', '--host-gateway-ip=2001:db8::1']).hostGatewayIps, ['192.0.2.1', '2001:db8::1']);
  assert.deepEqual(config([], { 'host-gateway-ips': ['192.0.2.1', '2001:db8::1'] }).hostGatewayIps, ['192.0.2.1', '2001:db8::1']);
  assert.deepEqual(config([], { 'host-gateway-ip': '192.0.2.1' }).hostGatewayIps, ['192.0.2.1']);
  assert.throws(() => config(['--host-gateway-ip', '192.0.2.1', '--host-gateway-ip', '192.0.2.2']), { message: 'only one IPv4 host gateway IP address can be specified' });
  assert.throws(() => config([], { 'host-gateway-ip': '2001:db8::1', 'host-gateway-ips': ['2001:db8::2'] }), { message: 'only one IPv6 host gateway IP address can be specified' });
  assert.throws(() => config(['--host-gateway-ip', 'here']), /here is not an ip address/);
});

test('the default log driver is one that containers could be given', () => {
  assert.throws(() => config(['--log-driver=bogus']), { message: 'failed to set log opts: error looking up logging plugin bogus: plugin "bogus" not found' });
  assert.throws(() => config(['--log-opt=bogus=1']), { message: "failed to set log opts: unknown log opt 'bogus' for json-file log driver" });
  assert.equal(config(['--log-driver=local', '--log-opt=max-file=2']).logging.driver, 'local');
});

test('switches are given with or without a value', () => {
  assert.equal(config(['--icc=false']).icc, false);
  assert.equal(config([]).icc, true);
  assert.equal(config(['-D', '--live-restore']).debug, true);
  assert.throws(() => config(['--icc=maybe']), /invalid argument "maybe" for "--icc" flag: strconv\.ParseBool: parsing "maybe": invalid syntax/);
});

test('the file has structured forms of what the command line writes in words', () => {
  const filed = config([], {
    'default-ulimits': { nofile: { Name: 'nofile', Soft: 10, Hard: 20 } },
    'default-address-pools': [{ base: '10.9.0.0/16', size: 24 }],
    'log-opts': { 'max-size': '1m' },
    'default-network-opts': { bridge: { 'driver.mtu': '1400', a: 'b=c' } },
    runtimes: { crun: { path: '/usr/bin/crun', runtimeArgs: ['--debug', 'a b'] } },
    'default-runtime': 'crun',
    'max-concurrent-downloads': 7,
  });
  assert.deepEqual(filed.defaultUlimits, [{ Name: 'nofile', Soft: 10, Hard: 20 }]);
  assert.deepEqual(filed.defaultAddressPools, [{ base: '10.9.0.0/16', size: 24 }]);
  assert.deepEqual(filed.logging.options, { 'max-size': '1m' });
  assert.deepEqual(filed.runtimes, { crun: { path: '/usr/bin/crun', args: ['--debug', 'a b'] } });
  assert.equal(filed.maxConcurrentDownloads, 7);
  assert.deepEqual(filed.defaultNetworkOptions, { bridge: { 'driver.mtu': '1400', a: 'b=c' } });
  assert.deepEqual(config(['--default-network-opt', 'bridge=driver.mtu=1400', '--default-network-opt', 'bridge=a=b=c']).defaultNetworkOptions, filed.defaultNetworkOptions);
  assert.throws(() => config(['--default-network-opt', 'bridge=nothing']), { message: 'nothing is not a key=value pair' });
  const typed = config(['--default-ulimit', 'nofile=10:20', '--default-address-pool', 'base=10.9.0.0/16,size=24', '--log-opt', 'max-size=1m']);
  assert.deepEqual([typed.defaultUlimits, typed.defaultAddressPools, typed.logging], [filed.defaultUlimits, filed.defaultAddressPools, { driver: 'json-file', options: { 'max-size': '1m' } }]);
});

test('what is wrong is said in one sentence', () => {
  assert.throws(() => parseInvocation(['--nope'], nothing), /unknown flag: --nope\nSee 'narud --help'\.$/);
  assert.throws(() => config(['-x']), /unknown shorthand flag: 'x' in -x/);
  assert.throws(() => config(['--mtu']), /flag needs an argument: --mtu/);
  assert.throws(() => config(['--mtu', 'wide']), /strconv\.ParseInt: parsing "wide"/);
  assert.throws(() => config(['--log-level', 'loud']), /^InvalidArgument: invalid logging level: loud$/);
  assert.throws(() => config([], { nope: 1 }), /unable to configure the Docker daemon with file \/etc\/naru\/daemon\.json: the following directives don't match any configuration option: nope/);
  assert.throws(() => config(['--config-file', '/nope']), /unable to configure the Docker daemon with file \/nope: open \/nope: no such file or directory/);
  assert.throws(() => parseInvocation([], () => '{"debug": tru}', {}), /daemon\.json: invalid character '}' in literal true \(expecting 'e'\)$/);
  assert.throws(() => parseInvocation([], () => '{', {}), /daemon\.json: unexpected end of JSON input$/);
  for (const [text, kind] of [['[]', 'array'], ['5', 'number'], ['true', 'bool']] as const) assert.throws(() => parseInvocation([], () => text, {}), new RegExp(`daemon\\.json: json: cannot unmarshal ${kind} into Go value of type map\\[string\\]interface {}$`));
  assert.equal(parseInvocation([], () => 'null', {}).kind, 'daemon');
  for (const file of [{ proxies: 5 }, { proxies: null }, { constructor: 1 }]) assert.throws(() => config([], file), new RegExp(`daemon\\.json: the following directives don't match any configuration option: ${Object.keys(file)}$`));
  assert.throws(() => config([], { 'host-gateway-ip': '192.0.2.1', 'host-gateway-ips': '2001:db8::1' }), /json: cannot unmarshal string into Go struct field Config\.CommonConfig\.DNSConfig\.host-gateway-ips of type \[\]net\.IP$/);
  assert.throws(() => config(['--default-runtime', 'x']), /specified default runtime 'x' does not exist/);
  assert.throws(() => config(['--label', 'a=b', '--label', 'a=c']), /conflict labels for a=c and a=b/);
});

test('a value of another type is told of as by dockerd 26.1.5', () => {
  const told = (file: Record<string, unknown>): string => {
    try {
      config([], file);
      return '';
    } catch (error) {
      return (error as Error).message.replace(/^.*daemon\.json: (json: cannot unmarshal )?/, '');
    }
  };
  assert.deepEqual(
    [
      { debug: 'x' }, { mtu: 'y', debug: 'x' }, { 'shutdown-timeout': 1.5 }, { bridge: 3 }, { 'bip': {} }, { labels: 'a=b' }, { hosts: [3] }, { ip: [] }, { dns: [{}] }, { 'log-opts': { a: 3 } }, { features: { a: 'b' } },
      { runtimes: [] }, { runtimes: { a: 'b' } }, { runtimes: { a: { path: 3 } } }, { runtimes: { a: { path: '/x', runtimeArgs: 'x' } } }, { 'default-ulimits': 3 }, { 'default-ulimits': { a: { soft: 1.5 } } },
      { 'default-address-pools': 'x' }, { 'default-address-pools': [3] }, { 'default-address-pools': [{ SIZE: 'x' }] }, { 'default-network-opts': { a: [] } }, { proxies: { 'http-proxy': 3 } },
      { 'default-shm-size': 3 }, { 'default-shm-size': '' }, { bip: { a: 3 } }, { proxies: { a: 3 } },
    ].map(told),
    [
      'string into Go struct field Config.CommonConfig.debug of type bool',
      'string into Go struct field Config.CommonConfig.BridgeConfig.DefaultBridgeConfig.mtu of type int',
      'number 1.5 into Go struct field Config.CommonConfig.shutdown-timeout of type int',
      'number into Go struct field Config.CommonConfig.BridgeConfig.DefaultBridgeConfig.commonBridgeConfig.bridge of type string',
      'object into Go struct field Config.CommonConfig.BridgeConfig.DefaultBridgeConfig.bip of type string',
      'string into Go struct field Config.CommonConfig.labels of type []string',
      'number into Go struct field Config.CommonConfig.hosts of type string',
      'array into Go struct field Config.CommonConfig.BridgeConfig.DefaultBridgeConfig.ip of type net.IP',
      'object into Go struct field Config.CommonConfig.DNSConfig.dns of type net.IP',
      'number into Go struct field Config.CommonConfig.LogConfig.log-opts of type string',
      'string into Go struct field Config.CommonConfig.features of type bool',
      'array into Go struct field Config.runtimes of type map[string]system.Runtime',
      'string into Go struct field Config.runtimes of type system.Runtime',
      'number into Go struct field Runtime.runtimes.path of type string',
      'string into Go struct field Runtime.runtimes.runtimeArgs of type []string',
      'number into Go struct field Config.default-ulimits of type map[string]*units.Ulimit',
      'number 1.5 into Go struct field Ulimit.default-ulimits.Soft of type int64',
      'string into Go struct field Config.CommonConfig.NetworkConfig.default-address-pools of type []*ipamutils.NetworkToSplit',
      'number into Go struct field Config.CommonConfig.NetworkConfig.default-address-pools of type ipamutils.NetworkToSplit',
      'string into Go struct field Config.CommonConfig.NetworkConfig.default-address-pools.size of type int',
      'array into Go struct field Config.CommonConfig.NetworkConfig.default-network-opts of type map[string]string',
      'number into Go struct field Proxies.CommonConfig.proxies.http-proxy of type string',
      'invalid size: "3"',
      'invalid size: "\\"\\""',
      "the following directives don't match any configuration option: a",
      "the following directives don't match any configuration option: a",
    ],
  );
});

test('every directive of the file has a type', () => {
  const untyped = flags.filter(({ name, key = name }) => !['config-file', 'help', 'version', 'validate', 'takeover', 'default-shm-size'].includes(name) && fieldOf(key) === undefined).map(({ name }) => name);
  assert.deepEqual(untyped, []);
});

test('a flag and the file may not both say it', () => {
  const words = ['--label', 'a=b', '--debug'];
  assert.throws(() => config(words, { labels: ['c=d'], debug: false }), {
    message: /the following directives are specified both as a flag and in the configuration file: labels: \(from flag: \[a=b\], from file: \[c=d\]\), debug: \(from flag: true, from file: false\)$/,
  });
});

test('what has no meaning here is refused by name', () => {
  assert.throws(() => config(['--cri-containerd']), /--cri-containerd is not supported: there is no containerd/);
  assert.throws(() => config([], { 'allow-nondistributable-artifacts': [] }), /allow-nondistributable-artifacts is not supported/);
  assert.throws(() => config(['--ip6tables=false']), /--ip6tables=false is not supported/);
  assert.throws(() => config(['--storage-driver', 'zfs']), /--storage-driver=zfs is not supported/);
  assert.throws(() => config(['--exec-opt', 'native.cgroupdriver=none']), /native\.cgroupdriver=none is not supported/);
  assert.throws(() => config(['--exec-opt', 'native.other=1']), /invalid option for exec-opts: native\.other/);
  assert.throws(() => config([], { features: { 'containerd-snapshotter': true } }), /feature containerd-snapshotter is not supported: there is no containerd/);
  assert.throws(() => config(['--storage-opt', 'dm.fs=xfs']), /overlay2: unknown option dm\.fs/);
});

test('under systemd the parent of containers\' cgroups is a slice', () => {
  const systemd = ['--exec-opt', 'native.cgroupdriver=systemd'];
  assert.deepEqual([config(systemd).cgroupDriver, config(systemd).cgroupParent, config([...systemd, '--cgroup-parent', 'a-b.slice']).cgroupParent], ['systemd', '/system.slice', '/a-b.slice']);
  assert.throws(() => config([...systemd, '--cgroup-parent', '/mine']), { message: 'cgroup-parent for systemd cgroup should be a valid slice named as "xxx.slice"' });
  assert.deepEqual([config([]).cgroupDriver, config(['--exec-opt', 'native.cgroupdriver=cgroupfs', '--cgroup-parent', 'mine']).cgroupParent], ['cgroupfs', '/mine']);
});

test('the size of layers is read as Docker reads sizes; a container may have its own', () => {
  assert.equal(config([]).containerSize, 0);
  assert.equal(config(['--storage-opt', 'overlay2.size=1.5G']).containerSize, 1.5 * 2 ** 30);
  assert.throws(() => config(['--storage-opt', 'overlay2.size=big']), { message: "invalid size: 'big'" });
  assert.deepEqual([layerSize({}, 0), layerSize({}, 5), layerSize({ size: '1k' }, 5), layerSize({ SIZE: '0' }, 5)], [undefined, 5, 1024, 0]);
  assert.throws(() => layerSize({ size: 'big' }, 0), (error) => isKind(error, 'Internal') && error.message === "invalid size: 'big'");
  assert.throws(() => layerSize({ size: '1k', Fs: 'xfs' }, 0), (error) => isKind(error, 'Internal') && error.message === 'Unknown option fs');
});

test('real-time scheduling of the containers\' parent: where there is any', () => {
  const asked = { text: (name: string) => (name === 'cpu-rt-period' ? '1000000' : '5000') };
  assert.deepEqual(realtimeOf(asked, { cgroupVersion: 1, cpuRealtime: true }), { period: 1_000_000, runtime: 5000 });
  assert.throws(() => realtimeOf(asked, { cgroupVersion: 2, cpuRealtime: false }), /daemon-scoped cpu-rt-period and cpu-rt-runtime are not implemented for cgroup v2/);
  assert.throws(() => realtimeOf(asked, { cgroupVersion: 1, cpuRealtime: false }), /are not supported by the kernel/);
  assert.deepEqual(realtimeOf({ text: () => '0' }, { cgroupVersion: 2, cpuRealtime: false }), { period: 0, runtime: 0 });
});

test('what changes nothing is taken, and the log says why', () => {
  const { remarks } = config(['--containerd', '/run/containerd/containerd.sock', '--userland-proxy-path', process.execPath], { builder: { gc: { enabled: true } }, 'storage-opts': ['overlay2.override_kernel_check=true'] });
  assert.deepEqual(remarks.map((text) => text.split(' changes nothing: ')[0]), ['builder', 'containerd', 'userland-proxy-path', 'the overlay2.override_kernel_check option is ignored']);
  assert.deepEqual(config(['--containerd', '']).remarks, []);
  assert.throws(() => config(['--userland-proxy-path', 'docker-proxy']), /invalid userland-proxy-path: must be an absolute path: docker-proxy/);
  assert.throws(() => config(['--userland-proxy-path', '/nope']), /invalid userland-proxy-path: exec: "\/nope": stat \/nope: no such file or directory/);
});

test('flags that exclude each other are refused in dockerd\'s words', () => {
  assert.throws(() => config(['-b', 'br0', '--bip', '10.0.0.1/24']), /You specified -b & --bip, mutually exclusive options\. Please specify only one/);
  assert.throws(() => config(['-b', 'br0'], { bip6: 'fd00::1/64' }), /You specified -b & --bip6, mutually exclusive options\. Please specify only one/);
  assert.throws(() => config(['--iptables=false', '--icc=false']), /You specified --iptables=false with --icc=false\./);
  const { packetRules, ipMasquerade, ipForward, liveRestore } = config(['--iptables=false', '--ip-forward=false', '--live-restore=false']);
  assert.deepEqual([packetRules, ipMasquerade, ipForward, liveRestore], [false, false, false, false]);
});

test('packet rules: what is accepted besides, and what they are not laid with', () => {
  const { directRouting, acceptedMark } = config(['--allow-direct-routing'], { 'bridge-accept-fwmark': '0x10/030', 'firewall-backend': 'nftables' });
  assert.deepEqual([directRouting, acceptedMark], [true, { value: 16, mask: 24 }]);
  assert.deepEqual(config(['--bridge-accept-fwmark', '7']).acceptedMark, { value: 7, mask: 0xffff_ffff });
  assert.deepEqual([config([]).directRouting, config([]).acceptedMark], [false, undefined]);
  assert.throws(() => config(['--bridge-accept-fwmark', 'x/1']), /invalid bridge-accept-fwmark: invalid firewall mark "x\/1": strconv\.ParseUint: parsing "x": invalid syntax/);
  assert.throws(() => config(['--bridge-accept-fwmark', '1/2/3']), /invalid firewall mask "1\/2\/3": strconv\.ParseUint: parsing "2\/3": invalid syntax/);
  assert.throws(() => config(['--bridge-accept-fwmark', '1/4294967296']), /invalid firewall mask "1\/4294967296": strconv\.ParseUint: parsing "4294967296": value out of range/);
  assert.throws(() => config(['--firewall-backend', 'iptables']), /--firewall-backend=iptables is not supported: packet rules are laid with nftables alone/);
  assert.deepEqual(config(['--ip-forward-no-drop']).remarks, ["ip-forward-no-drop changes nothing: the policy of others' forward chains is never changed"]);
});

test('TLS is on once anything is said of verifying, and verifies unless told not to', () => {
  assert.equal(config([]).tls, undefined);
  assert.deepEqual([config(['--tls']).tls?.verify, config(['--tlsverify=false']).tls?.verify, config([], { tlsverify: false }).tls?.verify], [true, false, false]);
  assert.deepEqual(config(['--tlsverify']).hosts, ['tcp://localhost:2376']);
});

test('proxies are a group of the file, and their passwords are shown to nobody', () => {
  const proxies = { 'http-proxy': 'http://me:secret@proxy:3128', 'no-proxy': 'a,b' };
  assert.deepEqual(config([], { proxies }).proxies, { http: 'http://me:secret@proxy:3128', https: '', none: 'a,b' });
  assert.throws(() => config(['--http-proxy', 'http://me:secret@proxy:3128'], { proxies }), {
    message: /http-proxy: \(from flag: http:\/\/xxxxx:xxxxx@proxy:3128, from file: http:\/\/xxxxx:xxxxx@proxy:3128\)$/,
  });
  assert.deepEqual(['http://proxy', 'a,b.example', 'https://u@proxy/x'].map(maskCredentials), ['http://proxy', 'a,b.example', 'https://xxxxx:xxxxx@proxy/x']);
});

test('levels beyond those that are spoken, formats, features, and zeros that mean the default', () => {
  assert.deepEqual([config(['-l', 'trace']).logLevel, config(['-l', 'panic']).logLevel, config(['-D', '-l', 'fatal']).logLevel], ['debug', 'fatal', 'debug']);
  assert.throws(() => config(['--log-format', 'xml']), /invalid log format: xml/);
  assert.deepEqual(config([], { features: { buildkit: false, other: true } }).features, { buildkit: false, other: true });
  assert.deepEqual([0, null].map((given) => config([], { 'max-concurrent-uploads': given }).maxConcurrentUploads), [5, 5]);
  assert.equal(config(['--seccomp-profile', '']).seccomp.name, 'builtin');
  assert.equal(config(['--cgroup-parent', 'box']).cgroupParent, '/box');
  const dirs = (words: string[], file = {}) => config(words, file).cdiSpecDirs;
  assert.deepEqual([dirs([]), dirs(['--cdi-spec-dir', '/a']), dirs(['--cdi-spec-dir=']), dirs([], { 'cdi-spec-dirs': [] }), dirs([], { features: { cdi: false } })], [['/etc/cdi', '/var/run/cdi'], ['/a'], [], [], []]);
  assert.throws(() => config(['--seccomp-profile', '/nope']), { message: 'opening seccomp profile (/nope) failed: open /nope: no such file or directory' });
  assert.throws(() => config(['--fixed-cidr-v6', '10.0.0.0/8']), /invalid fixed-cidr-v6: fixed-cidr-v6 is not an IPv6 subnet/);
  assert.throws(() => config(['--fixed-cidr-v6', 'fe80::/65']), /invalid fixed-cidr-v6: clash with the Link-Local prefix 'fe80::\/64'/);
  for (const text of ['fe80::/64', 'fe80:1234::/32']) assert.equal(config(['--fixed-cidr-v6', text]).fixedCidr6, text);
});

test('--validate reads everything and starts nothing', () => {
  assert.deepEqual(parseInvocation(['--validate'], nothing, {}), { kind: 'valid' });
  assert.throws(() => parseInvocation(['--validate', '--config-file', '/nope'], nothing), /unable to configure/);
});
