/**
 * A machine of its own for tests that need another kernel set-up than this one's: Debian's cloud kernel in qemu, emulated
 * (no KVM), with nothing but cgroup v2. Its disk holds this checkout's Node, naru-shim, busybox, and the given test
 * files as one bundle; the console carries their TAP.
 *
 *   initramfs: busybox, drivers ▸ /dev/vda (ext4, made by mke2fs -d) ▸ /init ▸ node --test-reporter=tap guest.js
 */
import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, copyFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { rolldown } from 'rolldown';
import { findCommand } from '#base';
import { root as checkout } from './command.ts';
import { busyboxTar } from './images.ts';

const kernel = join(homedir(), '.cache/naru/guest-kernel');
/** In the order of their loading: what it takes to mount the disk, and what only some guests need. */
const modules = readFileSync(new URL('guest-modules', import.meta.url), 'utf8').trim().split('\n');
const drivers = modules.slice(0, modules.indexOf('overlay') + 1);

/** Why there can be no guest on this machine; undefined when there can. */
export const noGuest = process.arch === 'x64' ? undefined : 'the guest runs programs of this machine, and only an x64 kernel is fetched for it';

export interface Guest {
  /** systemd is its process 1 and the tests a unit, rather than a script that mounts what they need. */
  readonly systemd?: boolean;
  /** It has bridges, veth pairs, nftables, what CRIU asks the kernel about sockets, and file systems with quotas. */
  readonly network?: boolean;
  /** It has narud and the docker client; takes `network`. */
  readonly daemon?: boolean;
  /** It has an ordinary user (guest-user.ts) with subordinate ids, and what makes him at home in a user namespace; under systemd his manager and the two buses. */
  readonly user?: boolean;
  /** Programs and libraries of this machine that it has too, each where it is here. */
  readonly programs?: readonly string[];
  /** Images of file systems, its /dev/vdb and so on. */
  readonly disks?: readonly string[];
  /** More words of the kernel's command line. */
  readonly kernelWords?: string;
  /** Other files: `[here, there]`. */
  readonly files?: readonly (readonly [from: string, to: string])[];
}

/** Runs test files in a guest, which has busybox's image too: each of their tests is told as one of `t`'s. */
export async function passInGuest(t: TestContext, files: readonly string[], seconds: number, guest: Guest): Promise<void> {
  const said = await runInGuest(files, seconds, { ...guest, files: [...(guest.files ?? []), [await busyboxTar(), 'images/busybox.tar']] });
  assert.match(said, /^guest ended with \d+$/m, said);
  for (const { name, passed, skipped } of verdicts(said)) await t.test(name, { skip: skipped ?? false }, () => assert.ok(passed, said));
  assert.match(said, /^# fail 0$/m, said);
  assert.match(said, /^# cancelled 0$/m, said);
}

/** Runs test files in a guest; gives all that its console said. Ends it after `seconds`. */
export async function runInGuest(files: readonly string[], seconds: number, guest: Guest = {}): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), 'naru-guest-'));
  try {
    makeInitramfs(directory);
    await makeDisk(directory, files, guest);
    return await boot(directory, seconds, guest);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

export interface Verdict {
  readonly name: string;
  readonly passed: boolean;
  /** Why it was not run. */
  readonly skipped: string | undefined;
}

/** TAP's lines of the single tests, those one level in, and of suites that were skipped whole. */
export function verdicts(tap: string): Verdict[] {
  const lines = tap.matchAll(/^( {4})?(not )?ok \d+ - (.*?)( # SKIP ?(.*))?$/gm);
  return [...lines].filter(([, single, , , skip]) => single ?? skip).map(([, , not, name = '', skip, reason]) => ({ name, passed: not === undefined, skipped: skip && (reason || 'the guest says no more') }));
}

async function boot(directory: string, seconds: number, { disks = [], kernelWords = '' }: Guest): Promise<string> {
  const qemu = spawn('qemu-system-x86_64', [
    '-accel', 'tcg,thread=multi', '-cpu', 'max,-pku,-la57', '-smp', '2', '-m', '1536', '-nodefaults', '-no-user-config', '-display', 'none', '-no-reboot',
    '-kernel', join(kernel, 'vmlinuz'), '-initrd', join(directory, 'initramfs'), '-append', `console=ttyS0 quiet panic=-1 no_timer_check random.trust_cpu=on mitigations=off ${kernelWords}`,
    ...[join(directory, 'disk'), ...disks].flatMap((disk) => ['-drive', `file=${disk},format=raw,if=virtio,cache=unsafe`]), '-serial', 'stdio',
  ], { stdio: ['ignore', 'pipe', 'inherit'], timeout: seconds * 1000, killSignal: 'SIGKILL' });
  const closed = once(qemu, 'close');
  const said = Buffer.concat(await qemu.stdout.toArray()).toString().replaceAll('\r\n', '\n');
  await closed;
  return said;
}

function makeInitramfs(directory: string): void {
  const tree = join(directory, 'initramfs.d');
  for (const name of ['bin', 'dev', 'proc', 'sys', 'root']) mkdirSync(join(tree, name), { recursive: true });
  copyFileSync('/bin/busybox', join(tree, 'bin/busybox'));
  for (const driver of drivers) copyFileSync(join(kernel, `${driver}.ko`), join(tree, `${driver}.ko`));
  writeScript(join(tree, 'init'), [
    '/bin/busybox --install -s /bin; export PATH=/bin',
    'mount -t devtmpfs dev /dev',
    ...drivers.map((driver) => `insmod /${driver}.ko`),
    'mount -t ext4 /dev/vda /root',
    'exec switch_root /root /init',
  ]);
  execFileSync('sh', ['-c', 'find . | busybox cpio -o -H newc > ../initramfs'], { cwd: tree, stdio: ['ignore', 'ignore', 'pipe'] });
}

async function makeDisk(directory: string, tests: readonly string[], { systemd, network, daemon, user, programs = [], files = [] }: Guest): Promise<void> {
  const tree = join(directory, 'disk.d');
  for (const name of ['bin', 'dev', 'etc', 'proc', 'sys', 'tmp', 'run', 'var/tmp', 'naru/bin', 'naru/dist', 'naru/modules', 'naru/tests/support']) mkdirSync(join(tree, name), { recursive: true });
  copyFileSync('/bin/busybox', join(tree, 'bin/busybox'));
  copyProgram(tree, process.execPath, '/bin/node');
  for (const program of [...programs, ...(systemd ? [SYSTEMD, '/usr/bin/systemctl'] : [])]) copyProgram(tree, program, program);
  for (const part of ['dist/naru-shim', 'dist/naru-runtime']) cpSync(join(checkout, part), join(tree, 'naru', part), { recursive: true, filter: (path) => !path.endsWith('/naru-runtime/naru-runtime') }); // the single executable is large
  const koffi = `node_modules/@koromix/koffi-linux-${process.arch}`;
  cpSync(join(checkout, koffi), join(tree, 'naru', koffi), { recursive: true });
  if (daemon) copyDaemon(tree);
  if (user) addUser(tree);
  for (const [from, to] of files) {
    mkdirSync(join(tree, dirname(to)), { recursive: true });
    copyFileSync(from, join(tree, to));
  }
  const loads = network ? modules.slice(drivers.length).map((name) => `insmod /naru/modules/${name}.ko`) : [];
  if (network) for (const name of modules.slice(drivers.length)) copyFileSync(join(kernel, `${name}.ko`), join(tree, 'naru/modules', `${name}.ko`));
  await bundle(tests, join(tree, 'naru/tests/support/guest.js'));
  if (systemd) writeUnits(tree, loads, user ?? false);
  else writeScript(join(tree, 'init'), [INSTALL, ...mounts, ...loads, ...runTests]);
  execFileSync('mke2fs', ['-q', '-t', 'ext4', '-O', '^has_journal', '-m', '0', '-d', tree, join(directory, 'disk'), '1G']);
}

const SYSTEMD = '/lib/systemd/systemd';
const INSTALL = '/bin/busybox --install -s /bin; export PATH=/bin:/usr/bin:/usr/sbin HOME=/tmp';
const mounts = [
  'for m in proc:proc sysfs:sys devtmpfs:dev tmpfs:tmp tmpfs:run; do mount -t ${m%:*} none /${m#*:}; done',
  'mkdir /dev/shm /dev/pts; mount -t devpts -o ptmxmode=666 none /dev/pts; mount -t tmpfs none /dev/shm; mount -t mqueue none /dev/mqueue 2>/dev/null',
  'mount -t cgroup2 -o nsdelegate none /sys/fs/cgroup; mount -t securityfs none /sys/kernel/security',
];
const runTests = [
  `ip link set lo up; hostname guest; cd /naru; NARU_GUEST=${process.env['NARU_GUEST'] ?? ''} node --test-reporter=tap --test-concurrency=1 tests/support/guest.js; echo "guest ended with $?"`,
  'poweroff -f',
];

/** systemd finds one unit to start; slices and what mounts /proc, /sys and cgroups it has by itself. */
function writeUnits(tree: string, loads: readonly string[], user: boolean): void {
  mkdirSync(join(tree, 'etc/systemd/system'), { recursive: true });
  writeFileSync(join(tree, 'etc/machine-id'), 'ffffffffffffffffffffffffffffffff\n');
  writeFileSync(join(tree, 'etc/systemd/system/default.target'), '[Unit]\nRequires=tests.service\n');
  writeFileSync(join(tree, 'etc/systemd/system/tests.service'), `[Unit]\nDefaultDependencies=no\n${user ? 'Requires=user@1000.service dbus.socket\nAfter=user@1000.service dbus.socket\n' : ''}[Service]\nType=oneshot\nExecStart=/run-tests\nStandardOutput=tty\nStandardError=tty\nTTYPath=/dev/ttyS0\n`);
  if (user) writeUserUnits(tree);
  writeScript(join(tree, 'run-tests'), [INSTALL, 'mount -t tmpfs none /tmp', ...loads, ...runTests]);
  writeScript(join(tree, 'init'), [INSTALL, `exec ${SYSTEMD} --show-status=no --log-level=warning --log-target=console`]);
}

/** A user's manager as a login has it (user@.service, without PAM), the system's bus and his. */
function writeUserUnits(tree: string): void {
  copyProgram(tree, '/usr/bin/dbus-daemon', '/usr/bin/dbus-daemon');
  for (const path of ['system.conf', 'session.conf', 'system.d/org.freedesktop.systemd1.conf'].map((name) => `/usr/share/dbus-1/${name}`)) {
    mkdirSync(join(tree, dirname(path)), { recursive: true });
    copyFileSync(path, join(tree, path));
  }
  const bus = (kind: string) => `[Unit]\nDefaultDependencies=no\nRequires=dbus.socket\n[Service]\nType=notify\nNotifyAccess=main\nExecStart=/usr/bin/dbus-daemon --${kind} --address=systemd: --nofork --nopidfile --systemd-activation\n`;
  const socket = (path: string) => `[Unit]\nDefaultDependencies=no\n[Socket]\nListenStream=${path}\n`;
  const environment = ['XDG_RUNTIME_DIR=/run/user/1000', 'HOME=/home/user', 'DBUS_SESSION_BUS_ADDRESS=unix:path=/run/user/1000/bus'].map((one) => `Environment=${one}\n`).join('');
  const manager = `[Unit]\nDefaultDependencies=no\nRequires=dbus.service\nAfter=dbus.service\n[Service]\nUser=1000\nGroup=1000\nType=notify\nExecStartPre=+/bin/sh -c 'mkdir -p /run/user/1000; chown 1000:1000 /run/user/1000'\nExecStart=${SYSTEMD} --user\nSlice=user-1000.slice\nDelegate=pids memory cpu\nKillMode=mixed\n${environment}`;
  const units = {
    'system/dbus.socket': socket('/run/dbus/system_bus_socket'),
    'system/dbus.service': bus('system'),
    'system/user@1000.service': manager,
    'user/dbus.socket': `${socket('%t/bus')}`,
    'user/dbus.service': bus('session'),
    'user/default.target': '[Unit]\nDefaultDependencies=no\nRequires=dbus.service\nAfter=dbus.service\n',
  };
  for (const [name, text] of Object.entries(units)) {
    mkdirSync(join(tree, 'etc/systemd', dirname(name)), { recursive: true });
    writeFileSync(join(tree, 'etc/systemd', name), text);
  }
}

/** narud's bundle, the library that it calls for nftables, the client. */
function copyDaemon(tree: string): void {
  for (const name of readdirSync(join(checkout, 'dist')).filter((name) => /^(?:chunks|narud\.js|.*\.worker\.js)$/.test(name))) cpSync(join(checkout, 'dist', name), join(tree, 'naru/dist', name), { recursive: true });
  writeScript(join(tree, 'naru/bin/narud'), ['exec node /naru/dist/narud.js "$@"']);
  const docker = findCommand('docker');
  if (docker) copyProgram(tree, docker, '/bin/docker');
  else {
    cpSync(join(checkout, 'dist/naru'), join(tree, 'naru/dist/naru'), { recursive: true, filter: (path) => !path.endsWith('/naru/naru') }); // as below
    writeScript(join(tree, 'bin/docker'), ['exec node /naru/dist/naru/start.cjs "$@"']);
  }
  copyProgram(tree, `/usr/lib/${process.arch === 'x64' ? 'x86_64' : 'aarch64'}-linux-gnu/libnftables.so.1`, '/lib/libnftables.so.1');
}

/** His ids, and the programs that map them, which are root's by their mode. */
function addUser(tree: string): void {
  for (const program of ['/usr/bin/newuidmap', '/usr/bin/newgidmap', '/usr/bin/nsenter', '/usr/bin/unshare', '/usr/bin/setpriv']) copyProgram(tree, program, program);
  for (const name of ['newuidmap', 'newgidmap']) chmodSync(join(tree, 'usr/bin', name), 0o4755);
  const texts = { passwd: 'root:x:0:0::/tmp:/bin/sh\nmessagebus:x:100:100::/:/bin/false\nuser:x:1000:1000::/home/user:/bin/sh\n', group: 'root:x:0:\nmessagebus:x:100:\nuser:x:1000:\n', subuid: 'user:100000:65536\n', subgid: 'user:100000:65536\n' };
  for (const [name, text] of Object.entries(texts)) writeFileSync(join(tree, 'etc', name), text);
  mkdirSync(join(tree, 'home/user'), { recursive: true });
  chownSync(join(tree, 'home/user'), 1000, 1000);
}

/** A program or library with the libraries it is linked to, at their paths. */
function copyProgram(tree: string, program: string, to: string): void {
  mkdirSync(join(tree, dirname(to)), { recursive: true });
  copyFileSync(program, join(tree, to));
  for (const [, library = ''] of (spawnSync('ldd', [program], { encoding: 'utf8' }).stdout).matchAll(/(\/\S+) \(0x/g)) {
    mkdirSync(join(tree, dirname(library)), { recursive: true });
    if (!existsSync(join(tree, library))) copyFileSync(library, join(tree, library));
  }
}

async function bundle(files: readonly string[], to: string): Promise<void> {
  const entry = join(dirname(to), 'entry.ts');
  writeFileSync(entry, files.map((file) => `import ${JSON.stringify(join(checkout, file))};\n`).join(''));
  const made = await rolldown({ input: entry, cwd: checkout, platform: 'node', treeshake: false, logLevel: 'warn' });
  await made.write({ file: to, format: 'esm', codeSplitting: false });
  await made.close();
  rmSync(entry);
}

function writeScript(path: string, commands: readonly string[]): void {
  writeFileSync(path, `#!/bin/busybox sh\n${commands.join('\n')}\n`);
  chmodSync(path, 0o755);
}
