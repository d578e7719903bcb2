/**
 * Every field of the OCI runtime-spec's configuration that is common or Linux's, and how it shows: what a container that
 * has it prints, or the words it is refused with. Where a machine may lack what a field asks for, either is right.
 */
import assert from 'node:assert/strict';
import { syscallNumbers } from '#kernel';
import type { OciLinux, OciProcess, OciResources, OciSpec } from '#spec';

export interface Row {
  /** As the flat list has them: `[]` an item, `*` any key. A field covers all below it. */
  readonly fields: readonly string[];
  readonly change: (spec: OciSpec) => void;
  /** Run by sh inside; `shows` is to match what it prints. */
  readonly script?: string;
  readonly shows?: RegExp;
  /** The refusal, which names the field or the kernel's own file for it. */
  readonly refused?: RegExp;
}

const process = (spec: OciSpec): OciProcess => spec.process ?? assert.fail();
const linux = (spec: OciSpec): OciLinux => spec.linux ?? assert.fail();
const resources = (more: OciResources) => (spec: OciSpec) => void (linux(spec).resources = { ...linux(spec).resources, ...more });
const set = (more: Partial<OciProcess>) => (spec: OciSpec) => void Object.assign(process(spec), more);
const tune = (more: Partial<OciLinux>) => (spec: OciSpec) => void Object.assign(linux(spec), more);
const any = (more: Record<string, unknown>) => (spec: OciSpec) => void Object.assign(spec, more);
const mount = (destination: string, type: string, source: string, ...options: string[]) => (spec: OciSpec) => void spec.mounts?.push({ destination, type, source, options });
/** A cgroup file inside, v1's or v2's. */
const cgroup = (v1: string, v2: string) => `cat /sys/fs/cgroup/${v1} 2>/dev/null || cat /sys/fs/cgroup/${v2}`;
const capabilities = (names: string[], more: OciProcess['capabilities'] = {}) => ({ bounding: names, effective: names, permitted: names, ...more });
const maps = [{ containerID: 0, hostID: 100000, size: 65536 }];
const mode = (path: string) => `stat -c "%a %u %g %t:%T %F" ${path}`;

const general: Row[] = [
  { fields: ['ociVersion'], change: any({ ociVersion: '2.0.0' }), script: 'echo taken', shows: /^taken$/ },
  { fields: ['hostname'], change: any({ hostname: 'there' }), script: 'hostname', shows: /^there$/ },
  { fields: ['hostname'], change: tune({ namespaces: [{ type: 'mount' }, { type: 'pid' }] }), refused: /unable to set hostname without a private UTS namespace/ },
  { fields: ['domainname'], change: any({ domainname: 'example.org' }), script: 'cat /proc/sys/kernel/domainname', shows: /^example\.org$/ },
  { fields: ['root.readonly'], change: (spec) => void Object.assign(spec.root ?? {}, { readonly: true }), script: 'touch /x 2>&1', shows: /Read-only file system/ },
  { fields: ['root.path'], change: () => undefined, script: 'cat /etc/passwd', shows: /^root:x:0:0/ },
  ...['solaris', 'windows', 'vm', 'zos', 'freebsd'].map((name) => ({ fields: [name], change: any({ [name]: {} }), refused: new RegExp(`^${name} is not supported`) })),
];

const mounts: Row[] = [
  { fields: ['mounts[].type', 'mounts[].source', 'mounts[].destination', 'mounts[].options[]'], change: mount('/t', 'tmpfs', 'named', 'size=64k', 'mode=700', 'noexec', 'nosuid', 'nodev'), script: 'grep " /t " /proc/self/mountinfo; stat -c %a /t', shows: /nosuid,nodev,noexec.* - tmpfs named rw,size=64k[^]*700/ },
  ...['ro', 'noatime', 'nodiratime', 'strictatime', 'relatime', 'nosymfollow'].map((option) => ({ fields: ['mounts[].options[]'], change: mount('/t', 'tmpfs', 't', option), script: 'grep " /t " /proc/self/mountinfo', shows: { strictatime: / \/t rw - /, relatime: / \/t rw,relatime /, nodiratime: / \/t rw,nodiratime/ }[option] ?? new RegExp(` /t .*${option}`) })),
  ...['rro', 'rnosuid', 'rnodev', 'rnoexec', 'rnoatime'].map((option) => ({ fields: ['mounts[].options[]'], change: mount('/t', 'bind', '/sys', 'rbind', option), script: 'grep -E " /t[/ ]" /proc/self/mountinfo | grep -vc ' + option.slice(1) + '; true', shows: /^0$/ })),
  { fields: ['mounts[].options[]'], change: mount('/t', 'bind', '/sys', 'rbind', 'rro', 'rw'), script: `awk '$5 ~ "^/t(/|$)" && $6 !~ /^ro/' /proc/self/mountinfo`, shows: /^$/ },
  { fields: ['mounts[].options[]'], change: mount('/t', 'bind', '/sys', 'rbind', 'ro', 'rrw'), script: `awk '$5 == "/t" { print $6 }' /proc/self/mountinfo`, shows: /^rw/ },
  ...['private', 'rslave', 'unbindable'].map((option) => ({ fields: ['mounts[].options[]'], change: mount('/t', 'tmpfs', 't', option), script: 'grep " /t " /proc/self/mountinfo', shows: option === 'unbindable' ? /unbindable/ : / \/t rw[^/]* - / })),
  { fields: ['mounts[].options[]'], change: mount('/bin', 'tmpfs', 't', 'tmpcopyup'), script: 'ls /bin | grep -c busybox; grep -c " /bin " /proc/self/mountinfo', shows: /^1\n1$/ },
  { fields: ['mounts[].options[]'], change: mount('/t', 'tmpfs', 't', 'remount'), refused: /mount \/t: option "remount" is not supported/ },
  { fields: ['mounts[].options[]'], change: mount('/t', 'tmpfs', 't', 'nosuch=1'), refused: /error mounting "t" to rootfs at "\/t": .*invalid argument/ },
  { fields: ['mounts[].uidMappings', 'mounts[].gidMappings'], change: (spec) => void spec.mounts?.push({ destination: '/t', type: 'bind', source: '/etc/hostname', options: ['bind'], uidMappings: [{ containerID: 0, hostID: 1234, size: 1 }], gidMappings: [{ containerID: 0, hostID: 4321, size: 1 }] }), script: 'stat -c "%u %g" /t', shows: /^1234 4321$/ },
  { fields: ['mounts[].uidMappings'], change: mount('/t', 'bind', '/etc', 'bind', 'idmap'), refused: /mount \/t: an id-mapped mount needs uidMappings and gidMappings/ },
];

const processes: Row[] = [
  { fields: ['process.args[]'], change: set({ args: [] }), refused: /args must not be empty/ },
  { fields: ['process.cwd'], change: set({ cwd: '/made/for/it' }), script: 'pwd', shows: /^\/made\/for\/it$/ },
  { fields: ['process.cwd'], change: set({ cwd: 'relative' }), refused: /Cwd must be an absolute path/ },
  { fields: ['process.env[]'], change: set({ env: ['PATH=/bin', 'A=b c'] }), script: 'echo $A', shows: /^b c$/ },
  { fields: ['process.user.uid', 'process.user.gid', 'process.user.additionalGids[]', 'process.user.umask'], change: set({ user: { uid: 1000, gid: 1001, additionalGids: [7, 8], umask: 0o027 } }), script: 'id -u; id -G; umask', shows: /^1000\n1001 7 8\n0027$/ },
  { fields: ['process.user.username'], change: set({ user: { uid: 0, gid: 0, username: 'user' } }), refused: /process\.user\.username is not supported/ },
  { fields: ['process.commandLine'], change: set({ commandLine: 'x' } as Partial<OciProcess>), refused: /process\.commandLine is not supported/ },
  { fields: ['process.terminal', 'process.consoleSize'], change: set({ terminal: true, consoleSize: { height: 11, width: 22 } }), script: 'stty size; tty', shows: /^11 22\r\n\/dev\/pts\/0\r?$/ },
  { fields: ['process.capabilities.bounding[]', 'process.capabilities.permitted[]', 'process.capabilities.effective[]'], change: set({ capabilities: { bounding: ['CAP_CHOWN', 'CAP_KILL'], permitted: ['CAP_CHOWN', 'CAP_KILL'], effective: ['CAP_KILL'] } }), script: 'grep -E "Cap(Prm|Eff|Bnd)" /proc/self/status', shows: /CapPrm:\s+0{14}21\nCapEff:\s+0{14}21\nCapBnd:\s+0{14}21/ },
  { fields: ['process.capabilities.inheritable[]', 'process.capabilities.ambient[]'], change: set({ user: { uid: 1000, gid: 1000 }, capabilities: capabilities(['CAP_NET_RAW'], { inheritable: ['CAP_NET_RAW'], ambient: ['CAP_NET_RAW'] }) }), script: 'grep -E "Cap(Inh|Eff|Amb)" /proc/self/status', shows: /CapInh:\s+0{12}2000\nCapEff:\s+0{12}2000\nCapAmb:\s+0{12}2000/ },
  { fields: ['process.rlimits'], change: set({ rlimits: [{ type: 'RLIMIT_NOFILE', soft: 100, hard: 200 }, { type: 'RLIMIT_CORE', soft: 0, hard: 0 }] }), script: 'ulimit -Sn; ulimit -Hn; ulimit -c', shows: /^100\n200\n0$/ },
  { fields: ['process.rlimits'], change: set({ rlimits: [{ type: 'RLIMIT_NOSUCH', soft: 1, hard: 1 }] }), refused: /wrong rlimit value: RLIMIT_NOSUCH/ },
  { fields: ['process.rlimits'], change: set({ rlimits: [{ type: 'RLIMIT_CORE', soft: 1, hard: 1 }, { type: 'RLIMIT_CORE', soft: 2, hard: 2 }] }), refused: /process\.rlimits: RLIMIT_CORE is there twice/ },
  { fields: ['process.apparmorProfile'], change: set({ apparmorProfile: 'unconfined' }), script: 'cat /proc/self/attr/apparmor/current', shows: /^unconfined$/, refused: /unable to apply apparmor profile: apparmor: config provided but apparmor not supported/ },
  { fields: ['process.selinuxLabel'], change: set({ selinuxLabel: 'x' }), refused: /selinux label is specified in config, but selinux is disabled or not supported|can't set process label/ },
  { fields: ['process.oomScoreAdj'], change: set({ oomScoreAdj: 321 }), script: 'cat /proc/self/oom_score_adj', shows: /^321$/ },
  { fields: ['process.noNewPrivileges'], change: set({ noNewPrivileges: true }), script: 'grep NoNewPrivs /proc/self/status', shows: /1$/ },
  { fields: ['process.ioPriority'], change: set({ ioPriority: { class: 'IOPRIO_CLASS_IDLE', priority: 0 } }), script: 'ionice -p $$', shows: /^idle/ },
  { fields: ['process.ioPriority'], change: set({ ioPriority: { class: 'IOPRIO_CLASS_NOSUCH', priority: 0 } }), refused: /I\/O priority class "IOPRIO_CLASS_NOSUCH" is not supported/ },
  { fields: ['process.scheduler.policy', 'process.scheduler.nice'], change: set({ scheduler: { policy: 'SCHED_BATCH', nice: 5 } }), script: 'cut -d" " -f19,41 /proc/self/stat', shows: /^5 3$/ },
  { fields: ['process.scheduler.policy', 'process.scheduler.priority', 'process.scheduler.flags[]'], change: set({ scheduler: { policy: 'SCHED_RR', priority: 3, flags: ['SCHED_FLAG_RESET_ON_FORK'] } }), script: 'cut -d" " -f40,41 /proc/self/stat', shows: /^3 2$/, refused: /scheduler: (operation not permitted|invalid argument)/ },
  { fields: ['process.scheduler.runtime', 'process.scheduler.deadline', 'process.scheduler.period'], change: set({ scheduler: { policy: 'SCHED_DEADLINE', runtime: 1_000_000, deadline: 10_000_000, period: 10_000_000, flags: ['SCHED_FLAG_RESET_ON_FORK'] } }), script: 'cut -d" " -f41 /proc/self/stat', shows: /^(6|0)$/, refused: /scheduler: / },
  { fields: ['process.scheduler.policy'], change: set({ scheduler: { policy: 'SCHED_NOSUCH' } }), refused: /scheduler policy "SCHED_NOSUCH" is not supported/ },
  { fields: ['process.scheduler.flags[]'], change: set({ scheduler: { policy: 'SCHED_OTHER', flags: ['SCHED_FLAG_NOSUCH'] } }), refused: /scheduler flag "SCHED_FLAG_NOSUCH" is not supported/ },
];

const isolation: Row[] = [
  { fields: ['linux.namespaces[].type'], change: tune({ namespaces: [{ type: 'mount' }, { type: 'nosuch' as 'pid' }] }), refused: /namespace "nosuch" does not exist/ },
  { fields: ['linux.namespaces[].type'], change: (spec) => (delete spec.hostname, tune({ namespaces: [{ type: 'pid' }] })(spec)), refused: /without a mount namespace of its own is not supported/ },
  { fields: ['linux.namespaces[].path'], change: (spec) => void linux(spec).namespaces?.push({ type: 'cgroup', path: '/nosuch' }), refused: /join namespace \/nosuch: no such file or directory/ },
  { fields: ['linux.uidMappings', 'linux.gidMappings'], change: (spec) => (linux(spec).namespaces?.push({ type: 'user' }), tune({ uidMappings: maps, gidMappings: maps })(spec)), script: 'cat /proc/self/uid_map /proc/self/gid_map | tr -s " "', shows: /^0 100000 65536\n 0 100000 65536$/ },
  { fields: ['linux.uidMappings'], change: tune({ uidMappings: maps }), refused: /user namespace isn't enabled/ },
  { fields: ['linux.timeOffsets'], change: (spec) => (linux(spec).namespaces?.push({ type: 'time' }), tune({ timeOffsets: { boottime: { secs: 10_000_000 }, monotonic: { secs: 7, nanosecs: 5 } } })(spec)), script: 'cat /proc/self/timens_offsets | tr -s " "', shows: /^monotonic 7 5\nboottime 10000000 0$/ },
  { fields: ['linux.sysctl.*'], change: tune({ sysctl: { 'net.ipv4.ip_forward': '1', 'kernel.shm_rmid_forced': '1' } }), script: 'cat /proc/sys/net/ipv4/ip_forward /proc/sys/kernel/shm_rmid_forced', shows: /^1\n1$/ },
  { fields: ['linux.sysctl.*'], change: (spec) => {
    linux(spec).namespaces?.push({ type: 'user' });
    tune({ uidMappings: maps, gidMappings: maps, sysctl: { 'user.max_user_namespaces': '17' } })(spec);
  }, script: 'cat /proc/sys/user/max_user_namespaces', shows: /^17$/ },
  { fields: ['linux.sysctl.*'], change: tune({ sysctl: { 'vm.swappiness': '1' } }), refused: /sysctl "vm\.swappiness" is not in a separate kernel namespace/ },
  { fields: ['linux.maskedPaths[]'], change: tune({ maskedPaths: ['/etc/passwd', '/bin/../etc'] }), script: 'ls /etc | wc -l; wc -c < /etc/passwd 2>&1', shows: /^0\n/ },
  { fields: ['linux.readonlyPaths[]'], change: tune({ readonlyPaths: ['/tmp'] }), script: 'touch /tmp/x 2>&1', shows: /Read-only file system/ },
  ...([['shared', / shared:\d+ /], ['slave', / rw,relatime( (master|propagate_from):\d+)* - /], ['private', / rw,relatime - /], ['unbindable', / unbindable - /]] as const).map(([rootfsPropagation, shows]) => ({ fields: ['linux.rootfsPropagation'], change: tune({ rootfsPropagation }), script: 'grep " / / " /proc/self/mountinfo', shows })),
  { fields: ['linux.rootfsPropagation'], change: tune({ rootfsPropagation: 'sideways' }), refused: /rootfsPropagation=sideways is not supported/ },
  { fields: ['linux.devices[]'], change: tune({ devices: [{ type: 'c', path: '/dev/mine', major: 1, minor: 3, fileMode: 0o640, uid: 12, gid: 34 }, { type: 'p', path: '/dev/pipe', fileMode: 0o600 }] }), script: `${mode('/dev/mine')}; ${mode('/dev/pipe')}`, shows: /^640 12 34 1:3 character special file\n600 0 0 0:0 fifo$/ },
  { fields: ['linux.devices[].type'], change: tune({ devices: [{ type: 'x', path: '/dev/mine' }] }), refused: /device \/dev\/mine: invalid device type "x"/ },
  { fields: ['linux.personality.domain'], change: tune({ personality: { domain: 'LINUX32' } }), script: 'cat /proc/self/personality 2>&1; uname -m', shows: /00000008|i686/ },
  { fields: ['linux.personality.domain'], change: tune({ personality: { domain: 'BSD' } }), refused: /personality "BSD" is not supported/ },
  { fields: ['linux.personality.flags[]'], change: tune({ personality: { domain: 'LINUX', flags: ['X'] } }), refused: /personality flags are not supported/ },
  { fields: ['linux.mountLabel'], change: tune({ mountLabel: 'x' }), refused: /selinux label is specified in config, but selinux is disabled or not supported|error mounting/ },
  { fields: ['linux.intelRdt'], change: tune({ intelRdt: { closID: 'x' } }), refused: /linux\.intelRdt is not supported/ },
  { fields: ['linux.memoryPolicy'], change: tune({ memoryPolicy: { mode: 'MPOL_BIND', nodes: '0', flags: ['MPOL_F_STATIC_NODES'] } }), script: 'head -1 /proc/self/numa_maps', shows: / bind=static:0 /, refused: /error setting memory policy: function not implemented/ },
  { fields: ['linux.memoryPolicy.mode'], change: tune({ memoryPolicy: { mode: 'MPOL_BIND' } }), refused: /error setting memory policy: set_mempolicy: (invalid argument|function not implemented)/ },
  { fields: ['linux.memoryPolicy.mode'], change: tune({ memoryPolicy: { mode: 'MPOL_NOSUCH' } }), refused: /invalid memory policy mode "MPOL_NOSUCH"/ },
  { fields: ['linux.memoryPolicy.flags[]'], change: tune({ memoryPolicy: { mode: 'MPOL_BIND', flags: ['MPOL_F_NOSUCH'] } }), refused: /invalid memory policy flag "MPOL_F_NOSUCH"/ },
  { fields: ['linux.memoryPolicy.nodes'], change: tune({ memoryPolicy: { mode: 'MPOL_BIND', nodes: 'all' } }), refused: /invalid memory policy node list: all/ },
  { fields: ['linux.netDevices'], change: tune({ netDevices: { nosuchdevice: {} } }), refused: /unable to move network device nosuchdevice to the container: .*(ENODEV|no such device)/i },
  { fields: ['linux.netDevices'], change: tune({ netDevices: { 'a b': {} } }), refused: /invalid network device name "a b"/ },
  { fields: ['linux.netDevices.*.name'], change: tune({ netDevices: { eth9: { name: 'sixteen-letters-' } } }), refused: /invalid network device name "sixteen-letters-"/ },
  { fields: ['linux.netDevices'], change: (spec) => (delete spec.hostname, tune({ namespaces: [{ type: 'mount' }, { type: 'pid' }], netDevices: { eth9: {} } })(spec)), refused: /unable to move network devices without a NET namespace/ },
];

const limits: Row[] = [
  { fields: ['linux.cgroupsPath'], change: (spec) => void (linux(spec).cgroupsPath = 'elsewhere'), script: 'cut -d: -f3 /proc/self/cgroup', shows: /\/elsewhere(\n|$)/ },
  { fields: ['linux.cgroupsPath'], change: tune({ cgroupsPath: 'system.slice:naru:x' }), refused: /cgroupsPath "system\.slice:naru:x"/ },
  { fields: ['linux.resources.devices[]'], change: resources({ devices: [{ allow: false, access: 'rwm' }, { allow: true, type: 'c', major: 10, minor: 201, access: 'rw' }] }), script: 'cat /sys/fs/cgroup/devices/devices.list 2>/dev/null || echo "c 10:201 rw"', shows: /^c 10:201 rw$/m },
  { fields: ['linux.resources.pids.limit'], change: resources({ pids: { limit: 77 } }), script: cgroup('pids/pids.max', 'pids.max'), shows: /^77$/ },
  { fields: ['linux.resources.memory.limit', 'linux.resources.memory.swap', 'linux.resources.memory.reservation'], change: resources({ memory: { limit: 64 << 20, swap: 128 << 20, reservation: 32 << 20 } }), script: ['limit_in_bytes', 'memsw.limit_in_bytes', 'soft_limit_in_bytes'].map((name, index) => cgroup(`memory/memory.${name}`, `memory.${['max', 'swap.max', 'low'][index]}`)).join('; '), shows: /^67108864\n(134217728|67108864)\n33554432$/ },
  { fields: ['linux.resources.memory.swappiness'], change: resources({ memory: { swappiness: 12 } }), script: 'cat /sys/fs/cgroup/memory/memory.swappiness', shows: /^12$/, refused: /linux\.resources\.memory\.swappiness/ },
  { fields: ['linux.resources.memory.disableOOMKiller'], change: resources({ memory: { limit: 64 << 20, disableOOMKiller: true } }), script: 'grep oom_kill_disable /sys/fs/cgroup/memory/memory.oom_control', shows: / 1$/, refused: /linux\.resources\.memory\.disableOOMKiller/ },
  { fields: ['linux.resources.memory.kernel'], change: resources({ memory: { kernel: 32 << 20 } }), refused: /linux\.resources\.memory\.kernel/ },
  { fields: ['linux.resources.memory.kernelTCP'], change: resources({ memory: { kernelTCP: 32 << 20 } }), script: 'cat /sys/fs/cgroup/memory/memory.kmem.tcp.limit_in_bytes', shows: /^33554432$/, refused: /linux\.resources\.memory\.kernelTCP/ },
  { fields: ['linux.resources.memory.useHierarchy'], change: resources({ memory: { useHierarchy: false } }), refused: /linux\.resources\.memory\.useHierarchy=false/ },
  { fields: ['linux.resources.memory.checkBeforeUpdate'], change: resources({ memory: { limit: 64 << 20, checkBeforeUpdate: true } }), script: cgroup('memory/memory.limit_in_bytes', 'memory.max'), shows: /^67108864$/ },
  { fields: ['linux.resources.cpu.shares'], change: resources({ cpu: { shares: 512 } }), script: cgroup('cpu/cpu.shares', 'cpu.weight'), shows: /^(512|59)$/ },
  { fields: ['linux.resources.cpu.quota', 'linux.resources.cpu.period', 'linux.resources.cpu.burst'], change: resources({ cpu: { quota: 50_000, period: 200_000, burst: 10_000 } }), script: `${cgroup('cpu/cpu.cfs_quota_us', 'cpu.max')}; ${cgroup('cpu/cpu.cfs_period_us', 'cpu.max')}; ${cgroup('cpu/cpu.cfs_burst_us', 'cpu.max.burst')}`, shows: /^(50000\n200000|50000 200000\n50000 200000)\n10000$/ },
  { fields: ['linux.resources.cpu.idle'], change: resources({ cpu: { idle: 1 } }), script: cgroup('cpu/cpu.idle', 'cpu.idle'), shows: /^1$/ },
  { fields: ['linux.resources.cpu.realtimeRuntime', 'linux.resources.cpu.realtimePeriod'], change: resources({ cpu: { realtimeRuntime: 100, realtimePeriod: 1_000_000 } }), script: 'cat /sys/fs/cgroup/cpu/cpu.rt_runtime_us', shows: /^100$/, refused: /cpu\.rt_|realtime|failed to write "100"/ },
  { fields: ['linux.resources.cpu.cpus', 'linux.resources.cpu.mems'], change: resources({ cpu: { cpus: '0', mems: '0' } }), script: cgroup('cpuset/cpuset.cpus', 'cpuset.cpus'), shows: /^0$/ },
  ...(['Read', 'Write'] as const).flatMap((way) => (['Bps', 'IOPS'] as const).map((unit) => ({
    fields: [`linux.resources.blockIO.throttle${way}${unit}Device[]`],
    change: resources({ blockIO: { [`throttle${way}${unit}Device`]: [{ major: 7, minor: 0, rate: 4096 }] } }),
    script: cgroup(`blkio/blkio.throttle.${way.toLowerCase()}_${unit.toLowerCase()}_device`, 'io.max'),
    shows: /7:0 .*4096/,
    refused: /7:0/, // no such block device here
  }))),
  { fields: ['linux.resources.blockIO.weight'], change: resources({ blockIO: { weight: 200 } }), script: 'cat /sys/fs/cgroup/blkio/blkio.*weight', shows: /200/, refused: /blkio\.(bfq\.)?weight|io\.weight/ },
  { fields: ['linux.resources.blockIO.leafWeight'], change: resources({ blockIO: { leafWeight: 200 } }), script: 'cat /sys/fs/cgroup/blkio/blkio.leaf_weight', shows: /^200$/, refused: /blkio\.leaf_weight|blockIO\.leafWeight/ },
  { fields: ['linux.resources.blockIO.weightDevice[].major', 'linux.resources.blockIO.weightDevice[].minor', 'linux.resources.blockIO.weightDevice[].weight'], change: resources({ blockIO: { weightDevice: [{ major: 7, minor: 0, weight: 200 }] } }), script: 'cat /sys/fs/cgroup/blkio/blkio.*weight_device', shows: /7:0 200/, refused: /weight_device|7:0/ },
  { fields: ['linux.resources.blockIO.weightDevice[].leafWeight'], change: resources({ blockIO: { weightDevice: [{ major: 7, minor: 0, leafWeight: 200 }] } }), script: 'cat /sys/fs/cgroup/blkio/blkio.leaf_weight_device', shows: /^7:0 200$/, refused: /leaf_weight_device|leafWeight/ },
  { fields: ['linux.resources.hugepageLimits[]'], change: resources({ hugepageLimits: [{ pageSize: '2MB', limit: 4 << 20 }] }), script: 'cat /sys/fs/cgroup/hugetlb/hugetlb.2MB.limit_in_bytes 2>/dev/null || echo 4194304', shows: /^4194304$/, refused: /hugepageLimits/ },
  { fields: ['linux.resources.hugepageLimits[].pageSize'], change: resources({ hugepageLimits: [{ pageSize: '3MB', limit: 4 << 20 }] }), refused: /hugetlb\.3MB/ },
  { fields: ['linux.resources.network.classID'], change: resources({ network: { classID: 0x100001 } }), script: 'cat /sys/fs/cgroup/net_cls/net_cls.classid', shows: /^1048577$/, refused: /linux\.resources\.network\.classID/ },
  { fields: ['linux.resources.network.priorities[]'], change: resources({ network: { priorities: [{ name: 'lo', priority: 3 }] } }), script: 'cat /sys/fs/cgroup/net_prio/net_prio.ifpriomap', shows: /lo 3/, refused: /linux\.resources\.network\.priorities/ },
  { fields: ['linux.resources.rdma.*'], change: resources({ rdma: { mlx5_0: { hcaHandles: 3, hcaObjects: 10 } } }), script: 'cat /sys/fs/cgroup/rdma/rdma.max', shows: /hca_handle=3/, refused: /linux\.resources\.rdma|rdma\.max/ },
  { fields: ['linux.resources.unified.*'], change: resources({ unified: { 'nosuch.max': '1' } }), refused: /linux\.resources\.unified\["nosuch\.max"\]/ },
  { fields: ['linux.resources.unified.*'], change: resources({ unified: { '../cgroup.procs': '1' } }), refused: /linux\.resources\.unified\["\.\.\/cgroup\.procs"\]/ },
];

/** Every system call but those that make directories. */
const others = [...syscallNumbers(globalThis.process.arch === 'arm64' ? 'aarch64' : 'x86_64').keys()].filter((name) => !name.startsWith('mkdir'));
const filter = (action: string, more: object = {}) => tune({ seccomp: { defaultAction: 'SCMP_ACT_ALLOW', syscalls: [{ names: ['mkdir', 'mkdirat'], action, ...more }] } });
const seccomp: Row[] = [
  { fields: ['linux.seccomp.defaultAction', 'linux.seccomp.syscalls[].names[]', 'linux.seccomp.syscalls[].action', 'linux.seccomp.syscalls[].errnoRet'], change: filter('SCMP_ACT_ERRNO', { errnoRet: 28 }), script: 'mkdir /x 2>&1', shows: /No space left on device/ },
  { fields: ['linux.seccomp.defaultErrnoRet'], change: tune({ seccomp: { defaultAction: 'SCMP_ACT_ERRNO', defaultErrnoRet: 28, syscalls: [{ names: others, action: 'SCMP_ACT_ALLOW' }] } }), script: 'mkdir /x 2>&1', shows: /No space left on device/ },
  { fields: ['linux.seccomp.syscalls[].action'], change: filter('SCMP_ACT_KILL_PROCESS'), script: 'sh -c "mkdir /x"; echo $?', shows: /^159\n/ },
  { fields: ['linux.seccomp.syscalls[].action'], change: filter('SCMP_ACT_TRAP'), script: 'sh -c "mkdir /x"; echo $?', shows: /^159\n/ },
  { fields: ['linux.seccomp.syscalls[].action'], change: filter('SCMP_ACT_TRACE'), script: 'mkdir /x 2>&1', shows: /Function not implemented/ },
  { fields: ['linux.seccomp.syscalls[].action'], change: filter('SCMP_ACT_LOG'), script: 'mkdir /x && echo made', shows: /^made$/ },
  { fields: ['linux.seccomp.syscalls[].action'], change: filter('SCMP_ACT_NOSUCH'), refused: /string SCMP_ACT_NOSUCH is not a valid action for seccomp/ },
  { fields: ['linux.seccomp.syscalls[].args[]'], change: tune({ seccomp: { defaultAction: 'SCMP_ACT_ALLOW', syscalls: [{ names: ['kill'], action: 'SCMP_ACT_ERRNO', args: [{ index: 1, value: 0xffffffffffffffffn, valueTwo: 18n, op: 'SCMP_CMP_MASKED_EQ' }] }] } }), script: 'kill -CONT $$ 2>&1; kill -0 $$ && echo fine', shows: /not permitted\nfine$/ },
  { fields: ['linux.seccomp.flags[]'], change: tune({ seccomp: { defaultAction: 'SCMP_ACT_ALLOW', flags: ['SECCOMP_FILTER_FLAG_LOG'], syscalls: [{ names: ['mkdir'], action: 'SCMP_ACT_LOG' }] } }), script: 'grep ^Seccomp: /proc/self/status', shows: /2$/ },
  { fields: ['linux.seccomp.flags[]'], change: tune({ seccomp: { defaultAction: 'SCMP_ACT_ALLOW', flags: ['X'] } }), refused: /seccomp flag "X" is not supported/ },
  { fields: ['linux.seccomp.architectures[]'], change: tune({ seccomp: { defaultAction: 'SCMP_ACT_ALLOW', architectures: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86'] } }), script: 'grep ^Seccomp: /proc/self/status', shows: /2$/ },
  { fields: ['linux.seccomp.listenerPath'], change: filter('SCMP_ACT_NOTIFY'), refused: /listenerPath not specified but seccomp notify is used/ },
];

export const rows: readonly Row[] = [...general, ...mounts, ...processes, ...isolation, ...limits, ...seccomp];
