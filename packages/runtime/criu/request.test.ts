import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OciSpec } from '#spec';
import type { ProtoFields } from './protobuf.ts';
import { dumpRequest, inheritedNamespaces, restoreRequest, type Surroundings } from './request.ts';

const spec: OciSpec = {
  ociVersion: '1.2.0',
  root: { path: '/b/rootfs' },
  mounts: [{ destination: '/proc', type: 'proc', source: 'proc' }, { destination: '/data', type: 'bind', source: '/host', options: ['rbind'] }, { destination: '/sys/fs/cgroup', type: 'cgroup' }],
  linux: { maskedPaths: ['/proc/keys'] },
};
const common = { images: '/i', work: '/w', switches: ['tcp-established'], manageCgroups: 'soft' } as const;
const opened = { images: 30, work: 31 };
const alone: Surroundings = { cgroups: undefined, place: (destination) => destination, nftables: false, config: undefined };
const dump = { ...common, pid: 7, freezer: '/cg', preDump: false, parent: undefined, pageServer: undefined, maskedFiles: [], inodes: {} };
const restore = { ...common, mountedRoot: '/s/root', cgroup: '/naru/c', descriptors: ['/dev/null', 'pipe:[5]', '/file'] };
/** Every container has these devices. */
const own = /^mnt\[\/dev\/(?:null|zero|full|random|urandom|tty)\]:/;
/** What is asked, with the externals that are not in every container's. */
function asked({ 1: verb, 2: opts }: ProtoFields): [verb: unknown, opts: Record<number, unknown>] {
  const { 37: external, ...rest } = JSON.parse(JSON.stringify(opts)) as Record<number, unknown>;
  return [verb, { ...rest, 37: (external as string[]).filter((text) => !own.test(text)) }];
}
const shared = { 9: 4, 12: true, 17: 31, 24: true, 34: 3, 38: 0x40000000, 50: true };

test('a dump names what the container does not own', () => {
  const [verb, opts] = asked(dumpRequest(spec, { ...dump, parent: '../before', maskedFiles: ['/proc/keys'], inodes: { network: 4026531840 } }, opened, { ...alone, place: () => '/real/data' }));
  assert.equal(verb, 1);
  assert.deepEqual(opts, { ...shared, 1: 30, 2: 7, 5: true, 10: 'dump.log', 13: '/b/rootfs', 14: '../before', 15: true, 37: ['mnt[/real/data]:/real/data', 'mnt[/proc/keys]:/dev/null', 'net[4026531840]:extRootNetNS'], 44: '/cg' });
  assert.equal(dumpRequest(spec, { ...dump, preDump: true }, opened, alone)[1], 4);
});

test('a restore gives them back, and the pipes that stdio was', () => {
  const [verb, opts] = asked(restoreRequest(spec, restore, opened, { ...alone, nftables: true, config: '/c.conf' }));
  assert.equal(verb, 2);
  assert.deepEqual(opts, { ...shared, 1: 30, 5: true, 6: true, 10: 'restore.log', 13: '/s/root', 25: [{ 2: '/naru/c' }], 27: [{ 1: 'pipe:[5]', 2: 1 }], 37: ['mnt[/data]:/host'], 39: [], 51: '/c.conf', 64: 2 });
});

test('flags are fields', () => {
  const [, opts] = asked(dumpRequest(spec, { ...dump, switches: ['leave-running', 'ext-unix-sk', 'shell-job', 'file-locks', 'auto-dedup', 'lazy-pages'], manageCgroups: 'strict', pageServer: { address: '::1', port: 99 } }, opened, alone));
  assert.deepEqual([3, 4, 5, 7, 8, 16, 48, 34, 11].map((field) => opts[field]), [true, true, undefined, true, true, true, true, 5, { 1: '::1', 2: 99 }]);
});

test('cgroups that are bound in are external, by their place in the new container; mounted ones are not', () => {
  const cgroups = { mode: 'v2', namespaced: false, hierarchies: [{ name: '', directory: '/sys/fs/cgroup/naru/c', parameters: [] }] } as const;
  const externalOf = (request: ProtoFields) => asked(request)[1][37] as string[];
  assert.ok(externalOf(dumpRequest(spec, dump, opened, { ...alone, cgroups })).includes('mnt[/sys/fs/cgroup]:/sys/fs/cgroup'));
  assert.ok(externalOf(restoreRequest(spec, restore, opened, { ...alone, cgroups })).includes('mnt[/sys/fs/cgroup]:/sys/fs/cgroup/naru/c'));
  assert.deepEqual(externalOf(dumpRequest(spec, dump, opened, { ...alone, cgroups: { ...cgroups, namespaced: true } })), ['mnt[/data]:/data']);
});

test('namespaces that were joined: network and pid are given open, others joined again, a cgroup namespace refused', () => {
  const joined = (type: 'network' | 'ipc' | 'cgroup'): OciSpec => ({ ...spec, linux: { namespaces: [{ type, path: `/ns/${type}` }, { type: 'pid' }] } });
  assert.deepEqual(inheritedNamespaces(joined('network')), [{ fd: 8, key: 'extRootNetNS', path: '/ns/network' }]);
  assert.deepEqual(asked(restoreRequest(joined('network'), restore, opened, alone))[1][27], [{ 1: 'extRootNetNS', 2: 8 }, { 1: 'pipe:[5]', 2: 1 }]);
  assert.deepEqual(asked(restoreRequest(joined('ipc'), restore, opened, alone))[1][39], [{ 1: 'ipc', 2: '/ns/ipc' }]);
  assert.throws(() => restoreRequest(joined('cgroup'), restore, opened, alone), /Do not know how to handle namespace NEWCGROUP/);
});
