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
  seeded: 0,
  seccomp: { flags: 4, program: new Uint8Array(16) },
  cgroup: {
    procs: ['/cg/memory/c1/cgroup.procs'],
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
5 cgroup procs=["/cg/memory/c1/cgroup.procs"]
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
17 bind destination=/sys/fs/cgroup/cpu,cpuacct source=/cg/cpu/c1 flags=0x0 set=0x3 clear=0x0 setAll=0x0 clearAll=0x0 propagation=0x0 propagationAll=0x0
18 symlink target=cpu,cpuacct path=/sys/fs/cgroup/cpu
19 symlink target=cpu,cpuacct path=/sys/fs/cgroup/cpuacct
20 bind destination=/data source=/srv/data flags=0x4 set=0x0 clear=0x0 setAll=0x1 clearAll=0x0 propagation=0x0 propagationAll=0x40000
21 device path=/dev/null mode=8630 major=1 minor=3 uid=0 gid=0 source=/dev/null
22 device path=/dev/zero mode=8630 major=1 minor=5 uid=0 gid=0 source=/dev/zero
23 device path=/dev/full mode=8630 major=1 minor=7 uid=0 gid=0 source=/dev/full
24 device path=/dev/random mode=8630 major=1 minor=8 uid=0 gid=0 source=/dev/random
25 device path=/dev/urandom mode=8630 major=1 minor=9 uid=0 gid=0 source=/dev/urandom
26 device path=/dev/tty mode=8630 major=5 minor=0 uid=0 gid=0 source=/dev/tty
27 symlink target=/proc/self/fd path=/dev/fd
28 symlink target=/proc/self/fd/0 path=/dev/stdin
29 symlink target=/proc/self/fd/1 path=/dev/stdout
30 symlink target=/proc/self/fd/2 path=/dev/stderr
31 symlink target=pts/ptmx path=/dev/ptmx
32 directory path=/tmp mode=493
33 hostname name=box
34 proc-write path=sys/net/core/somaxconn value=99
35 pivot mode=0
36 root-attributes set=0x1 propagation=0x0 recursive=0
37 readonly paths=["/proc/sys"]
38 mask paths=["/proc/kcore"]
39 rlimit resource=7 current=0x64 maximum=0xc8
40 bounding keep=0x21
41 user uid=1000 gid=1000 umask=4294967295 groups=[5]
42 parent-death signal=9
43 capabilities effective=0x1 permitted=0x1ffffffffff inheritable=0x0 ambient=0x0
44 directory-change path=/tmp
45 command arguments=["sleep","30"] environment=["PATH=/bin"]
46 lookup
47 ready wait=1
48 no-new-privs
49 capabilities effective=0x200001 permitted=0x1ffffffffff inheritable=0x0 ambient=0x0
50 seccomp flags=0x4 listener="" metadata="" program=<16 bytes>
51 capabilities effective=0x1 permitted=0x1 inheritable=0x0 ambient=0x0
52 exec flags=0x0
`,
  );
});

test('an exec joins the container, waits for nobody, and tells when its program cannot run', () => {
  const plan = compileExec({
    process: { args: ['sh'], cwd: '/', user: { uid: 0, gid: 0 }, terminal: true, consoleSize: { height: 24, width: 80 } },
    stdio: { terminal: true, stdin: true, stdinOnce: true, log: undefined },
    seccomp: undefined,
    cgroup: { procs: ['/cg/memory/c1/cgroup.procs'], into: undefined, view: undefined, oom: undefined },
    namespaces: 0x20020000,
    seeded: false,
  });
  assert.equal(
    printPlan(plan),
    `0 stdio flags=0xf
1 stage
2 cgroup procs=["/cg/memory/c1/cgroup.procs"]
3 join-task types=0x20020000
4 clone types=0x0 uidMap="" gidMap="" denySetgroups=0
5 root path=/
6 console rows=24 columns=80 bind=0 owner=0
7 bounding keep=0x0
8 user uid=0 gid=0 umask=4294967295 groups=[]
9 parent-death signal=9
10 capabilities effective=0x0 permitted=0x1ffffffffff inheritable=0x0 ambient=0x0
11 directory-change path=/
12 command arguments=["sh"] environment=[]
13 lookup
14 ready wait=0
15 capabilities effective=0x0 permitted=0x0 inheritable=0x0 ambient=0x0
16 exec flags=0x2
`,
  );
});

const ops = (change: (document: OciSpec) => void, more: Partial<CreateInput> = {}) => {
  const document = spec();
  change(document);
  return printPlan(compileCreate(input({ spec: document, ...more }))).split('\n');
};

test('without a pid namespace of its own, what outlives the first process is swept', () => {
  const plan = ops((document) => (document.linux!.namespaces = [{ type: 'mount' }]));
  assert.ok(plan.includes('4 sweep procs=/cg/memory/c1/cgroup.procs'));
});

test('with a shared root the binds are taken while they are still shared', () => {
  const plan = ops((document) => (document.linux!.rootfsPropagation = 'rshared'));
  assert.ok(plan.includes('11 take source=/srv/data flags=0x4'));
  assert.ok(plan.includes('12 propagation path=/ flags=0x84000'));
  assert.ok(plan.some((line) => line.includes('bind destination=/data source=/srv/data flags=0xc')));
});

test('layers too many for a page are named from their common directory', () => {
  const layers = Array.from({ length: 90 }, (_, index) => `/var/lib/naru/snapshots/${String(index).padStart(40, '0')}`);
  const mount = ops(() => undefined, { rootfs: [{ type: 'overlay', source: 'overlay', options: [`lowerdir=${layers.join(':')}`, 'upperdir=/u', 'workdir=/w'] }] }).find((line) => line.includes(' mount source=overlay'));
  assert.match(mount ?? '', / directory=\/var\/lib\/naru\/snapshots$/);
  assert.match(mount ?? '', /lowerdir=0{40}:0{39}1:/);
});

test('a field that is not done is refused by its name', () => {
  assert.throws(() => ops((document) => (document.linux!.intelRdt = {})), /linux\.intelRdt is not supported/);
  assert.throws(() => ops((document) => (document.process!.apparmorProfile = 'x')), /process\.apparmorProfile is not supported/);
});
