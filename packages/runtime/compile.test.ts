import assert from 'node:assert/strict';
import { test } from 'node:test';
import { printPlan } from '#shim';
import type { OciSpec } from '#spec';
import { compileCreate, compileExec, type CreateInput } from './compile.ts';

const spec = (): OciSpec => ({
  ociVersion: '1.2.0',
  hostname: 'box',
  root: { path: '/r', readonly: true },
  process: {
    args: ['sleep', '30'],
    env: ['PATH=/bin'],
    cwd: '/tmp',
    user: { uid: 1000, gid: 1000, additionalGids: [5] },
    capabilities: { bounding: ['CAP_CHOWN', 'CAP_KILL'], effective: ['CAP_CHOWN'], permitted: ['CAP_CHOWN'] },
    rlimits: [{ type: 'RLIMIT_NOFILE', soft: 100, hard: 200 }],
    noNewPrivileges: true,
    oomScoreAdj: 10,
  },
  mounts: [
    { destination: '/proc', type: 'proc', source: 'proc', options: ['nosuid', 'noexec', 'nodev'] },
    { destination: '/dev', type: 'tmpfs', source: 'tmpfs', options: ['nosuid', 'strictatime', 'mode=755', 'size=65536k'] },
    { destination: '/sys/fs/cgroup', type: 'cgroup', source: 'cgroup', options: ['ro', 'nosuid'] },
    { destination: '/data', type: 'bind', source: '/srv/data', options: ['rbind', 'rro', 'rprivate'] },
  ],
  linux: {
    sysctl: { 'net.core.somaxconn': '99' },
    namespaces: [{ type: 'pid' }, { type: 'mount' }, { type: 'uts' }, { type: 'network', path: '/proc/7/ns/net' }],
    maskedPaths: ['/proc/kcore'],
    readonlyPaths: ['/proc/sys'],
  },
});

const input = (change: Partial<CreateInput> = {}): CreateInput => ({
  id: 'c1',
  label: 'c1',
  spec: spec(),
  root: '/r',
  rootfs: [{ type: 'overlay', source: 'overlay', options: ['lowerdir=/l', 'upperdir=/u', 'workdir=/w'] }],
  stdio: { terminal: false, stdin: true, stdinOnce: true, log: { path: '/log', maxBytes: 1000, maxFiles: 3 } },
  init: false,
  bundle: '/b',
  noPivot: undefined,
  seeded: 0,
  seccomp: { flags: 4, program: new Uint8Array(16) },
  modules: { apparmor: 'self/attr/apparmor/exec', selinux: true },
  cgroup: {
    tasks: ['/cg/memory/c1/tasks'],
    into: '/cg/unified/c1',
    view: { mode: 'v1', namespaced: false, hierarchies: [{ name: 'cpu,cpuacct', directory: '/cg/cpu/c1', parameters: ['cpu', 'cpuacct'] }] },
    oom: { control: '/cg/memory/c1/memory.oom_control', eventControl: '/cg/memory/c1/cgroup.event_control' },
  },
  ...change,
});

test('a whole container', () => {
  assert.equal(
    printPlan(compileCreate(input())),
    `0 label text=c1
1 stdio flags=0x6
2 log path=/log maxBytes=0x3e8 maxFiles=3
3 oom control=/cg/memory/c1/memory.oom_control eventControl=/cg/memory/c1/cgroup.event_control
4 stage
5 cgroup files=["/cg/memory/c1/tasks"]
6 cgroup-into directory=/cg/unified/c1
7 proc-write? path=self/oom_score_adj value=10
8 join path=/proc/7/ns/net type=0x40000000
9 clone types=0x24020000 uidMap="" gidMap="" denySetgroups=0
10 affinity? mask=<1024 bytes>
11 keyring name=_ses.c1
12 propagation path=/ flags=0x84000
13 mount source=overlay target=/r type=overlay flags=0x0 data="lowerdir=/l,upperdir=/u,workdir=/w" directory=""
14 root path=/r
15 mount-fs destination=/proc type=proc source=proc flags=0x2 attributes=0xe propagation=0x0 options=[]
16 mount-fs destination=/dev type=tmpfs source=tmpfs flags=0x0 attributes=0x22 propagation=0x0 options=["mode=755","size=65536k"]
17 mount-fs destination=/sys/fs/cgroup type=tmpfs source=tmpfs flags=0x0 attributes=0xe propagation=0x0 options=["mode=755"]
18 take source=/cg/cpu/c1 flags=0x0 set=0x3 clear=0x0 setAll=0x0 clearAll=0x0 propagation=0x0 propagationAll=0x0 uidMap="" gidMap=""
19 attach destination=/sys/fs/cgroup/cpu,cpuacct taken=0
20 symlink target=cpu,cpuacct path=/sys/fs/cgroup/cpu
21 symlink target=cpu,cpuacct path=/sys/fs/cgroup/cpuacct
22 take source=/srv/data flags=0x4 set=0x0 clear=0x0 setAll=0x1 clearAll=0x0 propagation=0x0 propagationAll=0x40000 uidMap="" gidMap=""
23 attach destination=/data taken=1
24 device path=/dev/null mode=8630 major=1 minor=3 uid=0 gid=0 source=/dev/null
25 device path=/dev/zero mode=8630 major=1 minor=5 uid=0 gid=0 source=/dev/zero
26 device path=/dev/full mode=8630 major=1 minor=7 uid=0 gid=0 source=/dev/full
27 device path=/dev/random mode=8630 major=1 minor=8 uid=0 gid=0 source=/dev/random
28 device path=/dev/urandom mode=8630 major=1 minor=9 uid=0 gid=0 source=/dev/urandom
29 device path=/dev/tty mode=8630 major=5 minor=0 uid=0 gid=0 source=/dev/tty
30 symlink target=/proc/self/fd path=/dev/fd
31 symlink target=/proc/self/fd/0 path=/dev/stdin
32 symlink target=/proc/self/fd/1 path=/dev/stdout
33 symlink target=/proc/self/fd/2 path=/dev/stderr
34 symlink target=pts/ptmx path=/dev/ptmx
35 directory path=/tmp mode=493
36 hostname name=box
37 proc-write path=sys/net/core/somaxconn value=99
38 pivot mode=0 revealing=[]
39 null-stdio
40 attributes path=/ set=0x1 propagation=0x0 recursive=0
41 readonly paths=["/proc/sys"]
42 mask paths=["/proc/kcore"] options=[]
43 rlimit resource=7 current=0x64 maximum=0xc8
44 directory-change path=/tmp early=1
45 bounding keep=0x21
46 user uid=1000 gid=1000 umask=4294967295 groups=[5]
47 parent-death signal=9
48 capabilities effective=0x1 permitted=0x1ffffffffff inheritable=0x0 ambient=0x0
49 directory-change path=/tmp early=0
50 command arguments=["sleep","30"] environment=["PATH=/bin"]
51 lookup
52 ready wait=1
53 no-new-privs
54 capabilities effective=0x200001 permitted=0x1ffffffffff inheritable=0x0 ambient=0x0
55 seccomp flags=0x4 program=<16 bytes>
56 capabilities effective=0x1 permitted=0x1 inheritable=0x0 ambient=0x0
57 exec flags=0x0
`,
  );
});

test('an exec joins the container, waits for nobody, and tells when its program cannot run', () => {
  const plan = compileExec({
    id: 'c1',
    process: { args: ['sh'], cwd: '/', user: { uid: 0, gid: 0 }, terminal: true, consoleSize: { height: 24, width: 80 } },
    stdio: { terminal: true, stdin: true, stdinOnce: true, log: undefined },
    seccomp: undefined,
    modules: { apparmor: undefined, selinux: false },
    memoryPolicy: { mode: 'MPOL_BIND', nodes: '0', flags: ['MPOL_F_STATIC_NODES'] },
    listener: undefined,
    cgroup: { tasks: ['/cg/memory/c1/tasks'], into: undefined, view: undefined, oom: undefined },
    namespaces: 0x20020000,
    seeded: false,
  });
  assert.equal(
    printPlan(plan),
    `0 stdio flags=0xf
1 stage
2 cgroup files=["/cg/memory/c1/tasks"]
3 join-task types=0x20020000
4 clone types=0x0 uidMap="" gidMap="" denySetgroups=0
5 affinity? mask=<1024 bytes>
6 keyring name=_ses.c1
7 root path=/
8 console rows=24 columns=80 flags=0x0 owner=0
9 memory-policy mode=32770 nodes=<8 bytes>
10 directory-change path=/ early=1
11 bounding keep=0x0
12 user uid=0 gid=0 umask=4294967295 groups=[]
13 parent-death signal=9
14 capabilities effective=0x0 permitted=0x1ffffffffff inheritable=0x0 ambient=0x0
15 directory-change path=/ early=0
16 command arguments=["sh"] environment=[]
17 lookup
18 ready wait=0
19 capabilities effective=0x0 permitted=0x0 inheritable=0x0 ambient=0x0
20 exec flags=0x2
`,
  );
});

const ops = (change: (document: OciSpec) => void, more: Partial<CreateInput> = {}) => {
  const document = spec();
  change(document);
  return printPlan(compileCreate(input({ spec: document, ...more }))).split('\n');
};

const names = (plan: string[]) => plan.filter(Boolean).map((line) => line.split(' ')[1] ?? '');

test('without a pid namespace of its own, what outlives the first process is swept', () => {
  const plan = ops((document) => {
    document.linux!.namespaces = [{ type: 'mount' }];
    delete document.hostname;
    delete document.domainname;
    delete document.linux!.sysctl;
  });
  assert.ok(plan.includes('4 sweep procs=/cg/memory/c1/cgroup.procs'));
});

test('with a shared root the binds are taken while they are still shared', () => {
  const plan = names(ops((document) => (document.linux!.rootfsPropagation = 'rshared')));
  assert.ok(plan.lastIndexOf('take') < plan.indexOf('clone') && plan.indexOf('propagation') < plan.indexOf('attach'));
  assert.ok(ops((document) => (document.linux!.rootfsPropagation = 'rshared')).some((line) => line.endsWith('propagation path=/ flags=0x84000')));
});

test('the root has its propagation once it is the root; the host\'s mounts are none of its peers before', () => {
  const flagsOf = (rootfsPropagation: string) => ops((document) => (document.linux!.rootfsPropagation = rootfsPropagation)).flatMap((line) => / propagation path=\/ flags=(\S+)/.exec(line)?.[1] ?? []);
  assert.deepEqual(['shared', 'rshared', 'unbindable', 'private', 'rprivate', 'slave'].map(flagsOf), [['0x84000', '0x100000'], ['0x84000', '0x104000'], ['0x84000', '0x20000'], ['0x44000'], ['0x44000'], ['0x84000']]);
});

test('what needs the host\'s rights comes before a user namespace, the rest after it', () => {
  const plan = ops((document) => {
    document.linux!.namespaces!.push({ type: 'user' });
    document.linux!.uidMappings = [{ containerID: 0, hostID: 100000, size: 65536 }];
    document.linux!.gidMappings = [{ containerID: 0, hostID: 200000, size: 65536 }];
  });
  const clone = plan.findIndex((line) => line.includes(' clone '));
  assert.deepEqual(names(plan.slice(0, clone)).slice(8), ['unshare', 'propagation', 'take', 'take', 'mount', 'rlimit', 'join']);
  assert.deepEqual(names(plan.slice(clone)).slice(0, 9), ['clone', 'affinity?', 'keyring', 'propagation', 'mount', 'root', 'mount-fs', 'mount-fs', 'mount-fs']);
  assert.ok(plan[clone]?.endsWith('uidMap="0 100000 65536\\n" gidMap="0 200000 65536\\n" denySetgroups=0'));
});

test('hooks of the container run before the pivot and before the program, with its state', () => {
  const plan = ops((document) => (document.hooks = { createContainer: [{ path: '/h1', timeout: 3 }], startContainer: [{ path: '/h2', args: ['h2', 'x'] }] }));
  assert.deepEqual(names(plan).filter((name) => ['hook', 'pivot', 'ready', 'exec'].includes(name)), ['hook', 'pivot', 'ready', 'hook', 'exec']);
  const hook = plan.find((line) => line.includes('path=/h1')) ?? '';
  assert.match(hook, /hook name="createContainer hook #0" path/);
  assert.match(hook, /timeout=3 before="\{\\"ociVersion\\":\\"1.2.0\\",\\"id\\":\\"c1\\",\\"status\\":\\"creating\\",\\"pid\\":" after=",\\"bundle\\":\\"\/b\\"/);
});

test('scheduling, time offsets and affinity', () => {
  const plan = ops((document) => {
    document.linux!.namespaces!.push({ type: 'time' });
    document.linux!.timeOffsets = { monotonic: { secs: 100 }, boottime: { nanosecs: 5 } };
    document.linux!.personality = { domain: 'LINUX32' };
    document.process!.scheduler = { policy: 'SCHED_BATCH', nice: 5 };
    document.process!.ioPriority = { class: 'IOPRIO_CLASS_BE', priority: 4 };
  }).join('\n');
  for (const line of ['unshare types=0x80', 'time-offsets text="monotonic 100 0\\nboottime 0 5\\n"', 'personality persona=8', 'scheduler policy=3 nice=5', 'io-priority priority=16388']) {
    assert.ok(plan.includes(line), line);
  }
  assert.throws(() => ops((document) => (document.linux!.timeOffsets = { monotonic: { secs: 1 } })), /time namespace isn't enabled/);
});

test('an exec has the container\'s personality, and all CPUs unless it says which', () => {
  const exec = (change: Partial<OciSpec['process']>) => names(printPlan(compileExec({ id: 'c', process: { ...spec().process!, ...change }, modules: input().modules, stdio: input().stdio, memoryPolicy: undefined, personality: { domain: 'LINUX32' }, listener: undefined, seccomp: undefined, cgroup: input().cgroup, namespaces: 0x20000, seeded: false })).split('\n'));
  assert.deepEqual(exec({}).filter((name) => /affinity|personality/.test(name)), ['affinity?', 'personality']);
  assert.deepEqual(exec({ execCPUAffinity: { initial: '0', final: '1' } }).filter((name) => /affinity/.test(name)), ['affinity', 'affinity']);
});

test('lists of CPUs and memory nodes are bounded, and the right way round', () => {
  const nodes = (list: string) => () => ops((document) => (document.linux!.memoryPolicy = { mode: 'MPOL_BIND', nodes: list }));
  assert.ok(nodes('0-8191')().some((line) => line.endsWith('nodes=<1024 bytes>')));
  for (const list of ['0-4294967295', '8192', '99999999999999999999', '3-1', '1-']) assert.throws(nodes(list), /invalid memory policy node list/, list);
});

test('a mount whose ids are to be mapped, and does not say how, has the container\'s map or joined namespace', () => {
  const taken = (path: string | undefined) => ops((document) => {
    document.linux!.namespaces!.push({ type: 'user', ...(path && { path }) });
    if (!path) document.linux!.uidMappings = document.linux!.gidMappings = [{ containerID: 0, hostID: 1000, size: 9 }];
    document.mounts!.push({ destination: '/mapped', source: '/s', options: ['bind', 'ridmap'] });
  }).find((line) => line.includes('take source=/s '));
  assert.match(taken(undefined) ?? '', /uidMap="0 1000 9\\n" gidMap="0 1000 9\\n"$/);
  assert.match(taken('/proc/7/ns/user') ?? '', /uidMap=\/proc\/7\/ns\/user gidMap=""$/);
  assert.throws(() => ops((document) => document.mounts!.push({ destination: '/mapped', source: '/s', options: ['bind', 'idmap'] })), /needs uidMappings/);
});

test('a process keeps the host\'s rights to map ids by, where any are to be; an ordinary user has none', () => {
  const mapped = (more: Partial<CreateInput>) => names(ops((document) => document.mounts!.push({ destination: '/mapped', source: '/s', options: ['bind'], uidMappings: [{ containerID: 0, hostID: 1, size: 1 }], gidMappings: [{ containerID: 0, hostID: 1, size: 1 }] }), more));
  assert.equal(mapped({})[mapped({}).indexOf('stage') + 1], 'mount-mapper');
  assert.ok(!names(ops(() => undefined)).includes('mount-mapper'));
  assert.throws(() => ops((document) => document.mounts!.push({ destination: '/mapped', source: '/s', options: ['bind'], uidMappings: [{ containerID: 0, hostID: 1, size: 1 }] })), /id-mapped mounts must have both uid and gid mappings specified/);
  assert.throws(() => mapped({ rootless: { joined: false, mappers: undefined } }), /id-mapped mounts are not supported for rootless containers/);
});

test('of namespaces that are joined the user\'s comes after the host\'s, for an ordinary user before, and the mounts\' last', () => {
  const joined = (rootless: CreateInput['rootless']) => ops((document) => {
    delete document.linux!.sysctl;
    document.linux!.namespaces = (['mount', 'user', 'uts', 'time'] as const).map((type) => ({ type, path: `/${type}` }));
  }, { rootless }).flatMap((line) => / join path=(\S+)/.exec(line)?.[1] ?? []);
  assert.deepEqual(joined(undefined), ['/uts', '/time', '/user', '/mount']);
  assert.deepEqual(joined({ joined: true, groupsDenied: false }), ['/user', '/uts', '/time', '/mount']);
});

test('what a bind cannot change of its file system is refused', () => {
  const bound = (...options: string[]) => () => ops((document) => document.mounts!.push({ destination: '/b', source: '/s', options: ['rbind', ...options] }));
  assert.throws(bound('size=1k'), /bind mounts cannot have any filesystem-specific options applied/);
  assert.doesNotThrow(bound('sync', 'defaults', 'rprivate', 'ro'));
});

test('layers too many for a page are named from their common directory', () => {
  const layers = Array.from({ length: 90 }, (_, index) => `/var/lib/naru/snapshots/${String(index).padStart(40, '0')}`);
  const mount = ops(() => undefined, { rootfs: [{ type: 'overlay', source: 'overlay', options: [`lowerdir=${layers.join(':')}`, 'upperdir=/u', 'workdir=/w'] }] }).find((line) => line.includes(' mount source=overlay'));
  assert.match(mount ?? '', / directory=\/var\/lib\/naru\/snapshots$/);
  assert.match(mount ?? '', /lowerdir=0{40}:0{39}1:/);
});

test('a field that is not done is refused by its name', () => {
  assert.throws(() => ops((document) => (document.linux!.intelRdt = {})), /linux\.intelRdt is not supported/);
});
