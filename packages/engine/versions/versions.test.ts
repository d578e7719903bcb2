import assert from 'node:assert/strict';
import { test } from 'node:test';
import { adapter, differencesOf } from './adapt.ts';
import { containerRoutes } from '../containers/routes.ts';
import type { Engine } from '../context.ts';
import { execRoutes } from '../exec/routes.ts';
import { imageRoutes } from '../images/routes.ts';
import { networkRoutes } from '../networks/routes.ts';
import { differences } from './differences.ts';
import type { Knowledge } from './difference.ts';

const engine = {
  containers: { list: () => [{ image: 'sha256:1' }] },
  lives: { of: () => ({ health: undefined }) },
  networks: {
    find: () => ({ id: 'n', ipam: { pools: [{ subnet: '10.0.0.0/29', ipRange: '', gateway: '10.0.0.1', auxiliary: {} }] } }),
    endpoints: () => [{ ipv4: { address: '10.0.0.2' } }],
  },
} as unknown as Knowledge;
const adapt = adapter(engine);
// oxlint-disable-next-line typescript/no-explicit-any -- documents of the API
const answer = (route: string, version: string, document: object): any => adapt(route, version)?.answer(document) ?? document;
// oxlint-disable-next-line typescript/no-explicit-any -- documents of the API
const body = (version: string, document: object): any => adapt('POST /containers/create', version)?.body(structuredClone(document)) ?? document;

test('each difference holds up to its version and not beyond', () => {
  for (const difference of differences) {
    assert.ok((difference.from === undefined) !== (difference.before === undefined), difference.told);
    const at = difference.from ?? difference.before ?? '';
    const minor = Number(at.split('.')[1]);
    const [holds, holdsNot] = difference.from ? [at, `1.${minor - 1}`] : [`1.${minor - 1}`, at];
    assert.ok(differencesOf(difference.route, holds).includes(difference), `${difference.route} ${difference.told}`);
    assert.ok(!differencesOf(difference.route, holdsNot).includes(difference), `${difference.route} ${difference.told}`);
  }
});

test('each difference is of a route that is served', () => {
  const nobody = {} as Engine;
  const served = [...containerRoutes(nobody), ...execRoutes(nobody), ...imageRoutes(nobody), ...networkRoutes(nobody)].map(({ method, path }) => `${method} ${path}`);
  const known = new Set([...served, 'GET /info', 'GET /system/df']); // the system's own ask the engine when they are made
  assert.deepEqual(differences.filter(({ route }) => !known.has(route)).map(({ route, told }) => `${route}: ${told}`), []);
});

test('rows of a list get and lose fields without the engine\'s own being touched', () => {
  const own = [{ Id: 'a', Containers: {} }];
  assert.deepEqual(answer('GET /networks', '1.52', own), [{ Id: 'a' }]);
  assert.deepEqual(answer('GET /containers/json', '1.52', own), [{ Id: 'a', Containers: {}, Health: { Status: 'none', FailingStreak: 0 } }]);
  assert.deepEqual(own, [{ Id: 'a', Containers: {} }]);
});

test('parameters that a version does not know are not heard', () => {
  const query = (route: string, version: string, text: string): string => String(adapt(route, version)?.query(new URLSearchParams(text)) ?? text);
  assert.equal(query('POST /containers/{id}/stop', '1.41', 'signal=9&t=3'), 't=3');
  assert.equal(query('POST /containers/{id}/stop', '1.42', 'signal=9&t=3'), 'signal=9&t=3');
  assert.equal(query('POST /containers/{id}/wait', '1.29', 'condition=never'), '');
  assert.equal(query('GET /containers/{id}/attach/ws', '1.41', 'stdin=0'), 'stdin=1&stdout=1&stderr=1');
  assert.equal(query('GET /system/df', '1.41', 'type=image'), '');
});

test('a create of an older client', () => {
  assert.deepEqual(body('1.39', { HostConfig: {} }), { HostConfig: { IpcMode: 'shareable' } });
  assert.deepEqual(body('1.39', { HostConfig: { IpcMode: 'none' } }), { HostConfig: { IpcMode: 'none' } });
  assert.deepEqual(body('1.41', { HostConfig: { ConsoleSize: [1, 2], Annotations: { a: 'b' } } }), { HostConfig: {} });
  assert.deepEqual(body('1.43', { Healthcheck: { StartInterval: 5, Interval: 6 } }), { Healthcheck: { Interval: 6 } });
  assert.deepEqual(body('1.24', { HostConfig: { AutoRemove: true, IpcMode: 'host' } }), { HostConfig: { IpcMode: 'host' } });
  const stray = { Type: 'volume', VolumeOptions: { NoCopy: true }, BindOptions: {} };
  assert.deepEqual(body('1.41', { HostConfig: { Mounts: [stray] } }), { HostConfig: { Mounts: [{ Type: 'volume', VolumeOptions: { NoCopy: true } }] } });
  assert.deepEqual(body('1.45', { HostConfig: { Mounts: [{ Type: 'tmpfs', TmpfsOptions: { Options: [['x']], SizeBytes: 1 } }] } }), { HostConfig: { Mounts: [{ Type: 'tmpfs', TmpfsOptions: { SizeBytes: 1 } }] } });
  assert.throws(() => body('1.42', { HostConfig: { Mounts: [stray] } }), { message: 'BindOptions must not be specified on mount type "volume"' });
  assert.deepEqual(body('1.39', { Image: 'x' }), { Image: 'x', HostConfig: { IpcMode: 'shareable' } });
  assert.throws(() => body('1.43', { HostConfig: { Mounts: [{ Type: 'bind', BindOptions: { ReadOnlyForceRecursive: true } }] } }), { message: 'BindOptions.ReadOnlyForceRecursive needs API v1.44 or newer' });
  assert.deepEqual(body('1.42', { HostConfig: { KernelMemory: 1 } }), { HostConfig: {} });
  assert.throws(() => body('1.43', { NetworkingConfig: { EndpointsConfig: { a: {}, b: {} } } }), { message: 'Container cannot be created with multiple network endpoints: a, b' });
  assert.throws(() => body('1.44', { HostConfig: { Mounts: [{ Type: 'volume', VolumeOptions: { Subpath: 'x' } }] } }), { message: 'VolumeOptions.Subpath needs API v1.45 or newer' });
  assert.deepEqual(body('1.52', { MacAddress: '02:00:00:00:00:01' }), {});
  assert.deepEqual(body('1.51', { MacAddress: '02:00:00:00:00:01' }), { MacAddress: '02:00:00:00:00:01' });
});

test('a container, by version', () => {
  const container = {
    Id: 'a'.repeat(64), Config: { OnBuild: null, Hostname: 'h' }, HostConfig: { KernelMemoryTCP: 0 },
    NetworkSettings: { IPAddress: '10.0.0.2', SandboxID: 's', Networks: { net: { Aliases: null, DNSNames: ['x'], GwPriority: 0 }, bridge: { Aliases: null, DNSNames: null } } },
  };
  const at = (version: string) => answer('GET /containers/{id}/json', version, container);
  assert.deepEqual(at('1.44').NetworkSettings.Networks, { net: { Aliases: ['a'.repeat(12), 'h'], DNSNames: ['x'] }, bridge: { Aliases: null, DNSNames: null } });
  assert.deepEqual(at('1.45').NetworkSettings.Networks.net, { Aliases: null, DNSNames: ['x'] });
  assert.deepEqual(at('1.51'), container);
  assert.deepEqual(at('1.52'), { Id: container.Id, Config: { Hostname: 'h' }, HostConfig: {}, NetworkSettings: { SandboxID: 's', Networks: container.NetworkSettings.Networks } });
  assert.equal(container.HostConfig.KernelMemoryTCP, 0);
});

test('lists, images, networks and info, by version', () => {
  assert.deepEqual(answer('GET /images/json', '1.51', [{ Id: 'sha256:1', Containers: -1 }, { Id: 'sha256:2', Containers: -1 }]).map((image: { Containers: number }) => image.Containers), [1, 0]);
  assert.deepEqual(answer('GET /containers/json', '1.52', [{ Id: 'c' }]), [{ Id: 'c', Health: { Status: 'none', FailingStreak: 0 } }]);
  assert.deepEqual(answer('GET /images/{name:.*}/json', '1.52', { Parent: '', Author: 'me', Config: { Cmd: ['x'], Env: null } }), { Author: 'me', Config: { Cmd: ['x'] } });
  assert.deepEqual(answer('GET /networks/{id:.*}', '1.52', { Id: 'n' }).Status.IPAM.Subnets, { '10.0.0.0/29': { IPsInUse: 4, DynamicIPsAvailable: 4 } });
  assert.deepEqual(answer('GET /info', '1.24', { SecurityOptions: ['name=seccomp,profile=builtin', 'name=cgroupns'] }), { SecurityOptions: ['seccomp', 'cgroupns'], ExecutionDriver: '<not supported>' });
});

test('how full a subnet is: free is what its range has left, used lies anywhere in it', () => {
  const full = (pool: { subnet: string; ipRange?: string; gateway?: string; auxiliary?: Record<string, string> }, ...seats: string[]): string => {
    const networks = {
      find: () => ({ id: 'n', ipam: { pools: [{ ipRange: '', gateway: '', auxiliary: {}, ...pool }] } }),
      endpoints: () => seats.map((address) => ({ [address.includes(':') ? 'ipv6' : 'ipv4']: { address } })),
    };
    const adapted = adapter({ ...engine, networks } as unknown as Knowledge)('GET /networks/{id:.*}', '1.52')?.answer({ Id: 'n' }) as { Status: { IPAM: { Subnets: object } } };
    return JSON.stringify(Object.values(adapted.Status.IPAM.Subnets)[0]);
  };
  const told = (used: number, free: number | string) => `{"IPsInUse":${used},"DynamicIPsAvailable":${free}}`;
  const narrow = { subnet: '192.168.0.0/24', ipRange: '192.168.0.64/31', gateway: '192.168.0.1', auxiliary: { a: '192.168.0.65', b: '192.168.0.128' } };
  assert.equal(full(narrow), told(5, 1));
  assert.equal(full(narrow, '192.168.0.64', '192.168.0.129'), told(7, 0));
  assert.equal(full({ subnet: 'fd00::/64', ipRange: 'fd00::/120', gateway: 'fd00::1' }, 'fd00::2', 'fd00::9000'), told(4, 253));
  assert.equal(full({ subnet: 'fd00::/56', gateway: 'fd00::1' }), told(2, '18446744073709551615'));
  assert.equal(full({ subnet: '10.0.0.0/31' }, '10.0.0.0'), told(1, 1));
});
