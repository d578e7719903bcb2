/** What runC does in cases that its users rely on and no specification writes down, a row for each; compared with runC itself when it was written. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { OciMount, OciProcess, OciSpec } from '#spec';
import { ok, root, run, type Result } from '../../support/command.ts';
import { busyboxTar } from '../../support/images.ts';

interface Row {
  readonly name: string;
  readonly args: readonly string[];
  readonly process?: Partial<OciProcess>;
  change?(spec: OciSpec): void;
  readonly code?: number;
  readonly says: RegExp;
}

const shows = 'ls -l /dev/made | cut -c1-10';
const device = (change: object) => (spec: OciSpec) => void Object.assign(spec.linux ?? {}, { devices: [{ path: '/dev/made', type: 'c', major: 1, minor: 3, ...change }] });
const mount = (...mounts: NonNullable<OciSpec['mounts']>) => (spec: OciSpec) => void spec.mounts?.push(...mounts);
const capable = (name: string) => ({ capabilities: { bounding: [name], effective: [name], permitted: [name] } });
const env = (...pairs: string[]) => ({ env: ['PATH=/bin', ...pairs] });
const notify = (name: string) => (spec: OciSpec) => void Object.assign(spec.linux ?? {}, { seccomp: { defaultAction: 'SCMP_ACT_ALLOW', listenerPath: '/nosuch.sock', syscalls: [{ names: [name], action: 'SCMP_ACT_NOTIFY' }] } });
const hook = (point: string) => (spec: OciSpec) => void Object.assign(spec, { hooks: { [point]: [{ path: '/bin/true' }, { path: '/bin/false' }] } });

const rows: readonly Row[] = [
  { name: 'HOME from the passwd file', args: ['sh', '-c', 'echo $HOME'], process: env(), says: /^\/root\n$/ },
  { name: 'HOME of an id that the file does not name', args: ['sh', '-c', 'echo $HOME'], process: { ...env('HOME='), user: { uid: 1000, gid: 1000 } }, says: /^\/\n$/ },
  { name: 'HOME that is said', args: ['sh', '-c', 'echo $HOME'], process: env('HOME=/mine'), says: /^\/mine\n$/ },
  { name: 'a variable that is there twice', args: ['env'], process: env('ONE=1', 'ONE=2', 'HOME=/'), says: /^PATH=\/bin\nONE=2\nHOME=\/\n$/ },
  { name: 'a variable without =', args: ['true'], process: env('NONE'), code: 1, says: /invalid environment variable: \\"NONE\\"/ },
  { name: 'a variable without a name', args: ['true'], process: env('=x'), code: 1, says: /environment variable name can't be empty/ },
  { name: 'a device without a mode', args: ['sh', '-c', shows], change: device({}), says: /^crw-rw-rw-\n$/ },
  { name: 'a device of an unknown type', args: ['true'], change: device({ type: 'z' }), code: 1, says: /invalid device type \\"z\\"/ },
  { name: 'a device rule of an unknown type', args: ['true'], change: (spec) => void Object.assign(spec.linux?.resources ?? {}, { devices: [{ allow: true, type: 'x', access: 'rwm' }] }), code: 1, says: /invalid cgroup device type \\"x\\"/ },
  { name: 'a device where a mount has put another', args: ['sh', '-c', 'stat -c %t:%T /dev/random; cat /dev/full; : > /dev/null'], change: mount({ destination: '/dev/random', source: '/dev/zero', options: ['bind'] }, { destination: '/dev/full', source: '/proc/sys/kernel/ostype', options: ['bind'] }), says: /^1:5\nLinux\n$/ },
  { name: 'a mount on the root itself', args: ['true'], change: mount({ destination: '/x/..', source: '/tmp', options: ['bind'] }), code: 1, says: /mount \\"\/x\/..\\": nothing can be mounted on the root itself/ },
  { name: 'a list that is a word', args: ['true'], change: (spec) => void Object.assign(spec.process ?? {}, { args: 'true' }), code: 1, says: /json: cannot unmarshal string into Go struct field Spec\.process\.args of type \[\]string/ },
  { name: 'a source relative to the bundle', args: ['ls', '/here/config.json'], change: mount({ destination: '/here', source: '.', options: ['bind'] }), says: /^\/here\/config\.json\n$/ },
  { name: 'a directory that root alone may enter', args: ['pwd'], process: { cwd: '/secret', user: { uid: 1000, gid: 1000 } }, says: /^\/secret\n$/ },
  { name: 'a directory that only its owner may enter', args: ['pwd'], process: { cwd: '/own', user: { uid: 1000, gid: 1000 } }, says: /^\/own\n$/ },
  { name: 'an interpreter that is not there', args: ['/broken'], code: 255, says: /^exec \/broken: no such file or directory\n$/ },
  { name: 'tmpfs with the mode of its directory', args: ['stat', '-c', '%a', '/own'], change: mount({ destination: '/own', type: 'tmpfs', source: 'tmpfs' }), says: /^700\n$/ },
  { name: 'tmpfs with a mode of its own', args: ['stat', '-c', '%a', '/own'], change: mount({ destination: '/own', type: 'tmpfs', source: 'tmpfs', options: ['mode=410'] }), says: /^410\n$/ },
  { name: 'a user namespace without ids', args: ['true'], change: (spec) => void spec.linux?.namespaces?.push({ type: 'user' }), code: 1, says: /user namespaces enabled, but no uid mappings found/ },
  { name: 'a wrong oom score', args: ['true'], process: { oomScoreAdj: 5000 }, code: 1, says: /oomScoreAdj: 5000/ },
  { name: 'a limit that the kernel refuses', args: ['true'], process: { rlimits: [{ type: 'RLIMIT_NOFILE', soft: 5, hard: 1 }] }, code: 1, says: /error during container init: error setting rlimits for ready process: error setting rlimit type 7: invalid argument/ },
  { name: 'a root that is not there', args: ['true'], change: (spec) => void (spec.root = { path: 'nowhere' }), code: 1, says: /runc run failed: invalid rootfs: stat \S+\/nowhere: no such file or directory/ },
  { name: 'createContainer fails', args: ['echo', 'Hello'], change: hook('createContainer'), code: 1, says: /^(?!Hello).*error running createContainer hook #1: exit status 1/ },
  { name: 'createContainer reads nothing of a long state, in no pid namespace of its own', args: ['echo', 'Hello'], change: (spec) => void Object.assign(spec, { linux: { ...spec.linux, namespaces: spec.linux?.namespaces?.filter(({ type }) => type !== 'pid') }, annotations: { long: 'x'.repeat(100_000) }, hooks: { createContainer: [{ path: '/bin/true' }] } }), says: /^Hello\n$/ },
  { name: 'createContainer reads nothing of a long state, and takes too long', args: ['echo', 'Hello'], change: (spec) => void Object.assign(spec, { annotations: { long: 'x'.repeat(100_000) }, hooks: { createContainer: [{ path: '/bin/sleep', args: ['sleep', '1000'], timeout: 1 }] } }), code: 1, says: /error running createContainer hook #0: hook ran past specified timeout/ },
  { name: 'a deadline for the scheduler on some CPUs alone', args: ['true'], process: { scheduler: { policy: 'SCHED_DEADLINE', runtime: 42_000, deadline: 1_000_000, period: 1_000_000 } }, change: (spec) => void Object.assign(spec.linux?.resources ?? {}, { cpu: { cpus: '0' } }), code: 1, says: /process scheduler can't be used together with AllowedCPUs/ },
  { name: 'a read-only tmpfs with a mount in it', args: ['grep', '-c', ' /late tmpfs ro,', '/proc/mounts'], change: mount({ destination: '/late', type: 'tmpfs', source: 'tmpfs', options: ['ro'] }, { destination: '/late/in', type: 'tmpfs', source: 'tmpfs' }), says: /^1\n$/ },
  { name: 'createContainer works in the root', args: ['cat', '/made-by-hook'], change: (spec) => void Object.assign(spec, { root: { ...spec.root, readonly: false }, hooks: { createContainer: [{ path: '/bin/sh', args: ['sh', '-c', 'echo here > made-by-hook'] }] } }), says: /^here\n$/ },
  { name: 'startContainer is confined as the program is', args: ['true'], change: (spec) => void Object.assign(spec, { linux: { ...spec.linux, seccomp: { defaultAction: 'SCMP_ACT_ALLOW', syscalls: [{ names: ['mkdir', 'mkdirat'], action: 'SCMP_ACT_KILL_PROCESS' }] } }, hooks: { startContainer: [{ path: '/bin/mkdir', args: ['mkdir', '/dev/shm/x'] }] } }), code: 255, says: /^error running startContainer hook #0: bad system call\n$/ },
  { name: 'a seccomp agent that is not there', args: ['true'], change: notify('mkdir'), code: 1, says: /failed to connect with seccomp agent specified in the seccomp profile: dial unix \/nosuch\.sock: connect: no such file or directory/ },
  { name: 'a seccomp agent asked for what brings it the listener', args: ['true'], change: notify('write'), code: 1, says: /SCMP_ACT_NOTIFY cannot be used for the write syscall/ },
  { name: 'a terminal in the foreground leaves newlines as they are', args: ['echo', 'plain'], process: { terminal: true }, says: /^plain\n$/ },
  { name: 'a memory policy without a mode', args: ['true'], change: (spec) => void Object.assign(spec.linux ?? {}, { memoryPolicy: {} }), code: 1, says: /invalid memory policy mode \\"\\"/ },
  { name: 'a memory policy that the kernel refuses', args: ['true'], change: (spec) => void Object.assign(spec.linux ?? {}, { memoryPolicy: { mode: 'MPOL_DEFAULT', nodes: '0-7', flags: ['MPOL_F_STATIC_NODES', 'MPOL_F_RELATIVE_NODES'] } }), code: 1, says: /set_mempolicy: invalid argument/ },
  { name: 'a version of the specification that is none', args: ['true'], change: (spec) => void Object.assign(spec, { ociVersion: '9.0.0' }), says: /^$/ },
  { name: 'no signal is ignored or held back', args: ['grep', '-E', '^Sig(Blk|Ign)', '/proc/self/status'], says: /^SigBlk:\t0{16}\nSigIgn:\t0{16}\n$/ },
  { name: 'fields in another case, and null', args: ['sh', '-c', 'grep NoNewPrivs /proc/self/status; ls -d /tmp/*'], change: (spec) => {
    delete spec.process?.noNewPrivileges;
    Object.assign(spec.process ?? {}, { NONEWPRIVILEGES: true });
    Object.assign(spec, { windows: null, linux: { ...spec.linux, intelRdt: null, MaskedPaths: ['/tmp'] } });
  }, says: /^NoNewPrivs:\t1\nls: \/tmp\/\*: No such file or directory\n$/, code: 1 },
  { name: 'startContainer fails', args: ['echo', 'Hello'], change: hook('startContainer'), code: 255, says: /^error running startContainer hook #1: exit status 1\n$/ },
  { name: 'startContainer where the filter lets nobody send a signal', args: ['echo', 'Hello'], change: (spec) => void Object.assign(spec, { linux: { ...spec.linux, seccomp: { defaultAction: 'SCMP_ACT_ALLOW', syscalls: [{ names: ['kill'], action: 'SCMP_ACT_ERRNO' }] } }, hooks: { startContainer: [{ path: '/bin/true' }] } }), says: /^Hello\n$/ },
  { name: 'a mount without a destination', args: ['true'], change: mount({ type: 'tmpfs', source: 'tmpfs' } as OciMount), code: 1, says: /runc run failed: mount \\"\\": / },
  { name: 'a rule of the filter without names', args: ['echo', 'Hello'], change: (spec) => void Object.assign(spec.linux ?? {}, { seccomp: { defaultAction: 'SCMP_ACT_ALLOW', syscalls: [{ action: 'SCMP_ACT_ERRNO' }] } }), says: /^Hello\n$/ },
  { name: 'a process without a user', args: ['id', '-u'], change: (spec) => void Reflect.deleteProperty(spec.process ?? {}, 'user'), says: /^0\n$/ },
  { name: 'fields that nobody knows, one by the name of what every object has', args: ['echo', 'Hello'], change: (spec) => void [Object.assign(spec.process ?? {}, { constructor: 'x', 'io.kata': { a: 1 } }), Object.assign(spec, { hooks: { later: { path: '/x' } } })], says: /^Hello\n$/ },
  { name: 'poststart fails', args: ['sleep', '100'], change: hook('poststart'), code: 1, says: /error running poststart hook #1: exit status 1/ },
  { name: 'devices without a rule are the default ones and those of tunnels', args: ['sh', '-c', 'mknod /dev/odd c 60 0; mknod /dev/mine c 10 200; cat /dev/odd; cat /dev/mine; : > /dev/null'], process: capable('CAP_MKNOD'), change: (spec) => void delete spec.linux?.resources, says: /^cat: can't open '\/dev\/odd': Operation not permitted\ncat: (?!.*Operation not permitted)/ },
  { name: 'a rule for one device alone', args: ['sh', '-c', 'mknod /dev/odd c 60 0; mknod /dev/known c 60 1; cat /dev/odd; cat /dev/known'], process: capable('CAP_MKNOD'), change: (spec) => void Object.assign(spec.linux?.resources ?? {}, { devices: [{ allow: true, type: 'c', major: 60, minor: 1, access: 'r' }] }), code: 1, says: /'\/dev\/odd': Operation not permitted\n.*'\/dev\/known': No such device or address/ },
  { name: 'a rule that takes back part of another', args: ['true'], change: (spec) => void Object.assign(spec.linux?.resources ?? {}, { devices: [{ allow: true, type: 'c', major: 7, access: 'rwm' }, { allow: false, type: 'c', major: 7, minor: 1, access: 'w' }] }), code: 1, says: /device rule c 7:1 w is not supported: it would make a hole in c 7:\* rwm/ },
  { name: 'a rule without access', args: ['true'], change: (spec) => void Object.assign(spec.linux?.resources ?? {}, { devices: [{ allow: true, type: 'c' }] }), code: 1, says: /device access at 0 field cannot be empty/ },
  { name: 'a sysctl where the host\'s network is named by its path', args: ['true'], change: (spec) => {
    Object.assign(spec.linux?.namespaces?.find(({ type }) => type === 'network') ?? {}, { path: '/proc/self/ns/net' });
    Object.assign(spec.linux ?? {}, { sysctl: { 'net.core.somaxconn': readFileSync('/proc/sys/net/core/somaxconn', 'utf8') } });
  }, code: 1, says: /sysctl \\"net\.core\.somaxconn\\" not allowed in host network namespace/ },
  { name: 'a user namespace without root', args: ['sh', '-c', 'id -u; id -g; cat /proc/self/uid_map'], process: { user: { uid: 1000, gid: 1000 } }, change: (spec) => {
    const map = [{ containerID: 1000, hostID: 100_000, size: 1 }];
    Object.assign(spec.linux ?? {}, { uidMappings: map, gidMappings: map }).namespaces?.push({ type: 'user' });
    for (const { options } of spec.mounts ?? []) if (options?.includes('gid=5')) options.splice(options.indexOf('gid=5'), 1);
  }, says: /^1000\n1000\n +1000 +100000 +1\n$/ },
  { name: 'a user outside of its namespace\'s map', args: ['true'], process: { user: { uid: 1000, gid: 0 } }, change: (spec) => {
    const map = [{ containerID: 0, hostID: 100_000, size: 10 }];
    Object.assign(spec.linux ?? {}, { uidMappings: map, gidMappings: map }).namespaces?.push({ type: 'user' });
  }, code: 1, says: /unable to setup user: cannot set uid to unmapped user in user namespace/ },
  { name: 'poststop fails', args: ['echo', 'Hello'], change: hook('poststop'), says: /^Hello\n$/ },
];

/** Its cgroup is the machine's: no other test file's container has this name. */
const one = `one-${process.pid}`;

describe("naru-runtime's manners", () => {
  let bundle: string;
  let plain: OciSpec;
  const runtime = (...words: string[]): Promise<Result> => run(join(root, 'bin/naru-runtime'), ['--root', join(bundle, 'state'), ...words], { cwd: bundle, timeout: 240_000 });
  const detached = (...words: string[]): Promise<Result> =>
    run('sh', ['-c', '"$@" </dev/null >out 2>&1; code=$?; cat out; exit $code', 'sh', join(root, 'bin/naru-runtime'), '--root', join(bundle, 'state'), ...words], { cwd: bundle, timeout: 240_000 });
  const configure = ({ args, process, change }: Pick<Row, 'args' | 'process' | 'change'>): Promise<void> => {
    const spec = structuredClone(plain);
    Object.assign(spec.process ?? {}, { terminal: false, args, ...process });
    spec.root = { path: 'rootfs' };
    change?.(spec);
    return writeFile(join(bundle, 'config.json'), JSON.stringify(spec));
  };

  before(async () => {
    bundle = await mkdtemp(join(tmpdir(), 'naru-bundle-'));
    await chmod(bundle, 0o755); // for who has no rights outside of his user namespace
    await mkdir(join(bundle, 'rootfs'));
    await ok('tar', ['-C', join(bundle, 'rootfs'), '-xf', await busyboxTar()]);
    await writeFile(join(bundle, 'rootfs/broken'), '#!/nosuch\n', { mode: 0o755 });
    await ok('sh', ['-c', 'cd rootfs; mkdir -m 700 secret own; chown 1000:1000 own'], { cwd: bundle });
    await ok(join(root, 'bin/naru-runtime'), ['spec'], { cwd: bundle });
    plain = JSON.parse(await readFile(join(bundle, 'config.json'), 'utf8')) as OciSpec;
    for (const set of ['bounding', 'effective', 'permitted'] as const) plain.process?.capabilities?.[set]?.push('CAP_SYS_ADMIN');
  });
  after(async () => {
    await runtime('delete', '--force', one);
    await rm(bundle, { recursive: true });
  });

  for (const { name, code = 0, says, ...row } of rows) {
    test(name, async () => {
      await configure(row);
      const result = await runtime('run', one);
      assert.match(result.stdout + result.stderr, says);
      assert.equal(result.code, code);
      assert.deepEqual(await readdir(join(bundle, 'state')).catch(() => []), []);
    });
  }

  test('a hard limit that may not be raised so far stays as high as it may, and the log tells it', async () => {
    const log = join(bundle, 'log');
    await configure({ args: ['sh', '-c', 'ulimit -Sn; ulimit -Hn'], process: { rlimits: [{ type: 'RLIMIT_NOFILE', soft: 100, hard: 2 ** 62 }] } });
    const own = await ok('sh', ['-c', 'ulimit -Hn']);
    const { code, stdout } = await runtime('--log', log, 'run', one);
    assert.deepEqual([code, stdout], [0, `100\n${own}\n`]);
    assert.match(await readFile(log, 'utf8'), /level=warning msg="error setting rlimits for ready process: error setting rlimit type 7: operation not permitted"/);
  });

  test('the root of states may be a relative path', async () => {
    await configure({ args: ['echo', 'Hello'] });
    assert.deepEqual(await run(join(root, 'bin/naru-runtime'), ['--root', 'state', 'run', one], { cwd: bundle, timeout: 240_000 }), { code: 0, stdout: 'Hello\n', stderr: '' });
  });

  test('a startContainer hook that fails is told on a terminal too, as the last that it shows', async () => {
    await configure({ args: ['true'], process: { terminal: true }, change: hook('startContainer') });
    for (let round = 0; round < 5; round++) {
      const { code, stdout } = await run('script', ['-qec', `${join(root, 'bin/naru-runtime')} --root ${join(bundle, 'state')} run ${one}`, '/dev/null'], { cwd: bundle, timeout: 240_000 });
      assert.match(stdout, /error running startContainer hook #1: exit status 1\r\n/);
      assert.equal(code, 255);
    }
  });

  test('without a mount namespace its mounts are the host\'s: it is in its root, an exec too, and they go with it', async () => {
    const shared = (spec: OciSpec) => {
      Object.assign(spec.linux ?? {}, { namespaces: [{ type: 'pid' }], cgroupsPath: `/${one}` });
      for (const name of ['maskedPaths', 'readonlyPaths'] as const) delete spec.linux?.[name];
      delete spec.hostname;
      spec.mounts = spec.mounts?.filter(({ destination }) => /^\/(?:proc|dev)$/.test(destination));
    };
    const mounted = async () => (await readFile('/proc/self/mountinfo', 'utf8')).includes(bundle);
    await configure({ args: ['sleep', '1000'], change: shared });
    assert.deepEqual(await detached('run', '--detach', one), { code: 0, stdout: '', stderr: '' });
    const { pid } = JSON.parse((await runtime('state', one)).stdout) as { pid: number };
    assert.deepEqual([await readlink(`/proc/${pid}/ns/mnt`), await readlink(`/proc/${pid}/root`), await mounted()], [await readlink('/proc/self/ns/mnt'), join(bundle, 'rootfs'), true]);
    assert.equal((await runtime('exec', one, 'ls', '/broken', '/proc/1/comm')).stdout, '/broken\n/proc/1/comm\n');
    assert.equal((await runtime('delete', '--force', one)).code, 0);
    assert.equal(await mounted(), false);
    await configure({ args: ['nosuch'], change: shared });
    assert.match((await runtime('run', one)).stderr, /executable file not found/);
    assert.equal(await mounted(), false, 'what fails leaves none');
    await configure({ args: ['true'], change: (spec) => (shared(spec), void Object.assign(spec.linux ?? {}, { maskedPaths: ['/proc/kcore'] })) });
    assert.match((await runtime('run', one)).stderr, /unable to restrict sys entries without a private MNT namespace/);
  });

  test('words that are no command, flags and numbers of words that none takes', async () => {
    assert.equal((await runtime('nosuch')).code, 3);
    const few = await runtime('exec');
    assert.deepEqual([few.code, /^Incorrect Usage\.\n\nNAME:\n {3}naru-runtime exec - /.test(few.stdout), /level=error msg=".*exec\\" requires a minimum of 1 argument/.test(few.stderr)], [1, true, true]);
    assert.match((await runtime('list', '--help')).stdout, /^NAME:\n {3}naru-runtime list - /);
    assert.match((await runtime('--log', '/nosuch/log', 'list')).stderr, /open \/nosuch\/log: no such file or directory/);
    assert.match((await runtime('run', '--preserve-fds', '1', one)).stderr, /preserved-fd 0/);
  });

  test('a container that runs, is paused, has stopped', async () => {
    await configure({ args: ['sleep', '100'] });
    assert.deepEqual(await detached('run', '-d', one), { code: 0, stdout: '', stderr: '' });
    const fails = async (words: string[], says: RegExp, code = 1): Promise<void> => {
      const result = await runtime(...words);
      assert.match(result.stderr, says);
      assert.equal(result.code, code, words.join(' '));
    };
    await fails(['kill', one, 'NOSUCH'], /unknown signal \\"NOSUCH\\"/);
    await fails(['kill', one, '99'], /unable to signal init: invalid argument/);
    assert.equal((await runtime('kill', one, '0')).code, 0);
    assert.equal((await runtime('update', one, '--pids-limit', '77')).code, 0); // flags behind the id
    await fails(['update', one, '--pids-limit', 'x'], /parse error/);
    await fails(['exec', one, '/broken'], /unable to start container process: exec \/broken: no such file or directory/, 255);
    await fails(['exec', '--pid-file', '/nosuch/pid', one, 'true'], /exec failed: open \/nosuch\/\.pid: no such file or directory/, 255);
    await fails(['exec', '-p', 'nosuch', one], /exec failed: open \S*nosuch: no such file or directory/, 255);
    await fails(['ps', one, '-o'], /msg="exit status 1: error: format specification must follow -o/);
    assert.equal((await runtime('--log', join(bundle, 'log'), 'exec', '--cap', 'CAP_NOSUCH', one, 'true')).code, 0);
    assert.match(await readFile(join(bundle, 'log'), 'utf8'), /level=warning msg="ignoring unknown or unavailable capabilities: \[CAP_NOSUCH\]"/);
    await fails(['exec', '--cgroup', 'nosuch', one, 'true'], / adding pid \d+ to cgroups: .*no such file or directory/, 255);
    await fails(['exec', '--cgroup', '..', one, 'true'], /bad sub cgroup path: \.\./, 255);
    await mkdir(join(bundle, 'state/broken'));
    await writeFile(join(bundle, 'state/broken/state.json'), '{');
    assert.match((await runtime('list')).stderr, /load container broken: unexpected end of JSON input/);
    await rm(join(bundle, 'state/broken'), { recursive: true });
    assert.equal((await runtime('exec', one, 'grep', 'SigIgn', '/proc/self/status')).stdout, `SigIgn:\t${'0'.repeat(16)}\n`);
    assert.equal((await runtime('exec', '-u', '1000', one, 'sh', '-uc', 'echo $HOME')).stdout, '/\n');
    assert.match((await runtime('list', '--format', 'json')).stdout, /\}\]\n$/);
    assert.equal((await runtime('pause', one)).code, 0);
    await fails(['pause', one], /container not running/);
    await fails(['exec', one, 'true'], /cannot exec in a paused container/, 255);
    assert.equal((await runtime('delete', '--force', one)).code, 0);
    assert.equal((await runtime('delete', '--force', one)).code, 0);
    await configure({ args: ['true'] });
    assert.equal((await runtime('run', '--keep', one)).code, 0);
    await fails(['kill', one], /container not running/);
    assert.equal((await runtime('kill', '--all', one)).code, 0);
    assert.equal((await runtime('delete', one)).code, 0);
  });
});
