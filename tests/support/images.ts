/**
 * Base images without a hub: `busybox` from Debian's busybox-static, `debian` by debootstrap. Each is made once as a
 * tar of a root file system under the user's cache directory and imported from there.
 */
import { existsSync } from 'node:fs';
import { chmod, copyFile, mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { ok, root, run } from './command.ts';
import type { ClientName, Daemon } from './daemon.ts';

const cache = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'naru', 'images');

/**
 * What `writeBusyboxTar` installs. Debian's own `busybox` would not do: it is linked to libraries that a container of
 * nothing else lacks.
 */
export const busyboxPackage = '/var/lib/dpkg/info/busybox-static.list=busybox-static';

/** Path of a root file system tar with busybox and nothing else. */
export function busyboxTar(): Promise<string> {
  return cached('busybox', fillBusybox);
}

/** The same, at a place of the caller's own. */
export function writeBusyboxTar(tar: string): Promise<void> {
  return writeTar(tar, fillBusybox);
}

/** Path of a root file system tar of a minimal Debian 12, without what nobody reads here, whose apt tries again and whose dpkg does not wait for the disk. */
export function debianTar(): Promise<string> {
  return cached('debian-12-small', fillDebian);
}

/** Path of a root file system tar of Debian 12 with nginx, MariaDB, Redis, iperf3, and in /srv clients of both from npm; the tests bind their own Node. */
export function servicesTar(): Promise<string> {
  return cached('services-4', fillServices);
}

/** Imports that under the given names. */
export async function importServices(daemon: Daemon, client: ClientName = 'naru', ...names: string[]): Promise<void> {
  await importTar(daemon, client, await servicesTar(), ['-c', 'CMD ["bash"]'], names.length > 0 ? names : ['services:latest']);
}

/** Imports busybox under the given names. */
export async function importBusybox(daemon: Daemon, client: ClientName = 'naru', ...names: string[]): Promise<void> {
  await importTar(daemon, client, await busyboxTar(), ['-c', 'CMD ["sh"]'], names.length > 0 ? names : ['busybox:latest']);
}

/** Imports Debian 12 under the given names. */
export async function importDebian(daemon: Daemon, client: ClientName = 'naru', ...names: string[]): Promise<void> {
  await importTar(daemon, client, await debianTar(), ['-c', 'CMD ["bash"]'], names.length > 0 ? names : ['debian:12']);
}

async function importTar(daemon: Daemon, client: ClientName, tar: string, flags: string[], names: string[]): Promise<void> {
  const [first = '', ...others] = names;
  const path = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
  await daemon.ok(client, ['import', ...flags, '-c', `ENV PATH=${path}`, tar, first], { timeout: 300_000 });
  for (const name of others) await daemon.ok(client, ['tag', first, name]);
}

async function cached(name: string, fill: (directory: string) => Promise<void>): Promise<string> {
  const tar = join(cache, `${name}.tar`);
  if (existsSync(tar)) return tar;
  await mkdir(cache, { recursive: true });
  await writeTar(tar, fill);
  return tar;
}

async function writeTar(tar: string, fill: (directory: string) => Promise<void>): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'naru-image-'));
  try {
    await chmod(directory, 0o755);
    await fill(directory);
    await ok('tar', ['--numeric-owner', '--xattrs', '-C', directory, '-cf', `${tar}.partial`, '.'], { timeout: 300_000 });
    await rename(`${tar}.partial`, tar);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function fillBusybox(directory: string): Promise<void> {
  await install(busyboxPackage);
  for (const name of ['bin', 'dev', 'etc', 'home', 'proc', 'root', 'sys', 'tmp', 'usr', 'var', 'var/www']) await mkdir(join(directory, name));
  await chmod(join(directory, 'tmp'), 0o1777);
  const busybox = await ok('sh', ['-c', 'command -v busybox']);
  await copyFile(busybox, join(directory, 'bin/busybox'));
  for (const applet of (await ok(busybox, ['--list'])).split('\n')) {
    if (applet !== 'busybox') await symlink('busybox', join(directory, 'bin', applet));
  }
  await writeFile(join(directory, 'etc/passwd'), 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/home:/bin/false\n');
  await writeFile(join(directory, 'etc/group'), 'root:x:0:\ntty:x:5:\nwheel:x:10:root\nnobody:x:65534:\n');
}

async function fillDebian(directory: string): Promise<void> {
  await install('debootstrap=debootstrap');
  await ok('debootstrap', ['--variant=minbase', 'bookworm', directory], { timeout: 800_000, env: { DPKG_FORCE: 'unsafe-io' } });
  for (const name of ['var/cache/apt', 'var/lib/apt/lists', 'usr/share/doc', 'usr/share/man', 'usr/share/info', 'usr/share/locale', 'usr/share/i18n']) {
    await rm(join(directory, name), { recursive: true, force: true });
  }
  await mkdir(join(directory, 'var/lib/apt/lists/partial'), { recursive: true });
  await mkdir(join(directory, 'var/cache/apt/archives/partial'), { recursive: true });
  await writeFile(join(directory, 'etc/apt/apt.conf.d/90test'), 'Acquire::Retries "5";\nAcquire::Languages "none";\n');
  await writeFile(join(directory, 'etc/dpkg/dpkg.cfg.d/90test'), 'force-unsafe-io\npath-exclude=/usr/share/doc/*\npath-exclude=/usr/share/man/*\npath-exclude=/usr/share/locale/*\n');
  await writeFile(join(directory, 'usr/sbin/policy-rc.d'), '#!/bin/sh\nexit 101\n', { mode: 0o755 });
}

async function fillServices(directory: string): Promise<void> {
  const unused = ['dump', 'binlog', 'slap', 'upgrade', 'check', 'import', 'show', 'conv', 'plugin', 'tzinfo-to-sql', 'waitpid', 'backup'].map((name) => `/usr/bin/mariadb-${name}`).join(' ');
  const apt = 'export DEBIAN_FRONTEND=noninteractive; apt-get -qq update && apt-get -qq install -y --no-install-recommends nginx-light mariadb-server redis-server iperf3 iputils-ping';
  await ok('tar', ['--numeric-owner', '-C', directory, '-xpf', await debianTar()]);
  await copyFile('/etc/resolv.conf', join(directory, 'etc/resolv.conf'));
  await mkdir(join(directory, 'etc/mysql/conf.d'), { recursive: true });
  await writeFile(join(directory, 'etc/mysql/conf.d/small.cnf'), '[mysqld]\ninnodb_log_file_size=8M\n');
  await ok('chroot', [directory, 'sh', '-c', `${apt} && apt-get clean && rm -rf /var/lib/apt/lists/* /usr/share/doc /usr/share/man /usr/share/locale ${unused} /usr/bin/mariabackup /usr/bin/aria_* /usr/bin/myisam* /usr/lib/*/perl /usr/share/perl`], { timeout: 800_000 });
  await mkdir(join(directory, 'srv'), { recursive: true });
  await writeFile(join(directory, 'srv/package.json'), '{ "private": true, "type": "module" }\n');
  await ok('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', 'ioredis@5.11.1', 'mysql2@3.24.6'], { cwd: join(directory, 'srv'), timeout: 600_000 });
}

/** Installs Debian packages that are missing, as `command=package` pairs; throws the one clear sentence when it cannot. */
export async function install(...pairs: string[]): Promise<void> {
  const { code, stderr } = await run('sh', [join(root, 'scripts/install-packages.sh'), ...pairs], { timeout: 600_000 });
  if (code !== 0) throw new Error(stderr.trim());
}
