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
10 keyring name=_ses.c1
11 propagation path=/ flags=0x84000
12 mount source=overlay target=/r type=overlay flags=0x0 data="lowerdir=/l,upperdir=/u,workdir=/w" directory=""
13 root path=/r
14 mount-fs destination=/proc type=proc source=proc flags=0x2 attributes=0xe propagation=0x0 options=[]
15 mount-fs destination=/dev type=tmpfs source=tmpfs flags=0x0 attributes=0x22 propagation=0x0 options=["mode=755","size=65536k"]
16 mount-fs destination=/sys/fs/cgroup type=tmpfs source=tmpfs flags=0x0 attributes=0xe propagation=0x0 options=["mode=755"]
17 take source=/cg/cpu/c1 flags=0x0 set=0x3 clear=0x0 setAll=0x0 clearAll=0x0 propagation=0x0 propagationAll=0x0 uidMap="" gidMap=""
18 attach destination=/sys/fs/cgroup/cpu,cpuacct
19 symlink target=cpu,cpuacct path=/sys/fs/cgroup/cpu
20 symlink target=cpu,cpuacct path=/sys/fs/cgroup/cpuacct
21 take source=/srv/data flags=0x4 set=0x0 clear=0x0 setAll=0x1 clearAll=0x0 propagation=0x0 propagationAll=0x40000 uidMap="" gidMap=""
22 attach destination=/data
23 device path=/dev/null mode=8630 major=1 minor=3 uid=0 gid=0 source=/dev/null
24 device path=/dev/zero mode=8630 major=1 minor=5 uid=0 gid=0 source=/dev/zero
25 device path=/dev/full mode=8630 major=1 minor=7 uid=0 gid=0 source=/dev/full
26 device path=/dev/random mode=8630 major=1 minor=8 uid=0 gid=0 source=/dev/random
27 device path=/dev/urandom mode=8630 major=1 minor=9 uid=0 gid=0 source=/dev/urandom
28 device path=/dev/tty mode=8630 major=5 minor=0 uid=0 gid=0 source=/dev/tty
29 symlink target=/proc/self/fd path=/dev/fd
30 symlink target=/proc/self/fd/0 path=/dev/stdin
31 symlink target=/proc/self/fd/1 path=/dev/stdout
32 symlink target=/proc/self/fd/2 path=/dev/stderr
33 symlink target=pts/ptmx path=/dev/ptmx
34 directory path=/tmp mode=493
35 hostname name=box
36 proc-write path=sys/net/core/somaxconn value=99
37 pivot mode=0 revealing=[]
38 null-stdio
39 attributes path=/ set=0x1 propagation=0x0 recursive=0
40 readonly paths=["/proc/sys"]
41 mask paths=["/proc/kcore"] options=[]
42 rlimit resource=7 current=0x64 maximum=0xc8
43 directory-change path=/tmp early=1
44 bounding keep=0x21
45 user uid=1000 gid=1000 umask=4294967295 groups=[5]
46 parent-death signal=9
47 capabilities effective=0x1 permitted=0x1ffffffffff inheritable=0x0 ambient=0x0
48 directory-change path=/tmp early=0
49 command arguments=["sleep","30"] environment=["PATH=/bin"]
50 lookup
51 ready wait=1
52 no-new-privs
53 capabilities effective=0x200001 permitted=0x1ffffffffff inheritable=0x0 ambient=0x0
54 seccomp flags=0x4 program=<16 bytes>
55 capabilities effective=0x1 permitted=0x1 inheritable=0x0 ambient=0x0
56 exec flags=0x0
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
5 keyring name=_ses.c1
6 root path=/
7 console rows=24 columns=80 flags=0x0 owner=0
8 memory-policy mode=32770 nodes=<8 bytes>
9 directory-change path=/ early=1
10 bounding keep=0x0
11 user uid=0 gid=0 umask=4294967295 groups=[]
12 parent-death signal=9
13 capabilities effective=0x0 permitted=0x1ffffffffff inheritable=0x0 ambient=0x0
14 directory-change path=/ early=0
15 command arguments=["sh"] environment=[]
16 lookup
17 ready wait=0
18 capabilities effective=0x0 permitted=0x0 inheritable=0x0 ambient=0x0
19 exec flags=0x2
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
  assert.deepEqual(names(plan.slice(clone)).slice(0, 8), ['clone', 'keyring', 'propagation', 'mount', 'root', 'mount-fs', 'mount-fs', 'mount-fs']);
  assert.ok(plan[clone]?.endsWith('uidMap="0 100000 65536\\n" gidMap="0 200000 65536\\n" denySetgroups=0'));
});

test('hooks of the container run before the pivot and before the program, with its state', () => {
  const plan = ops((document) => (document.hooks = { createContainer: [{ path: '/h1', timeout: 3 }], startContainer: [{ path: '/h2', args: ['h2', 'x'] }] }));
  assert.deepEqual(names(plan).filter((name) => ['hook', 'pivot', 'ready', 'exec'].includes(name)), ['hook', 'pivot', 'ready', 'hook', 'exec']);
  const hook = plan.find((line) => line.includes('path=/h1')) ?? '';
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

test('layers too many for a page are named from their common directory', () => {
  const layers = Array.from({ length: 90 }, (_, index) => `/var/lib/naru/snapshots/${String(index).padStart(40, '0')}`);
  const mount = ops(() => undefined, { rootfs: [{ type: 'overlay', source: 'overlay', options: [`lowerdir=${layers.join(':')}`, 'upperdir=/u', 'workdir=/w'] }] }).find((line) => line.includes(' mount source=overlay'));
  assert.match(mount ?? '', / directory=\/var\/lib\/naru\/snapshots$/);
  assert.match(mount ?? '', /lowerdir=0{40}:0{39}1:/);
});

test('a field that is not done is refused by its name', () => {
  assert.throws(() => ops((document) => (document.linux!.intelRdt = {})), /linux\.intelRdt is not supported/);
});
