import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Conflict, NotFound } from '#base';
import { maskedPaths, readonlyPaths, type OciSpec } from '#spec';
import type { Command } from '../command.ts';

/** `spec`: a `config.json` to start from. Throws Conflict when there is one. */
export const spec: Command = {
  usage: 'spec [--bundle DIR] [--rootless]',
  help: 'create a new specification file',
  flags: [{ name: 'bundle', short: 'b', value: true }, { name: 'rootless' }],
  takes: [0, 0],
  async run(invocation) {
    const bundle = invocation.text('bundle') ?? '.';
    if (!existsSync(bundle)) throw new NotFound(`chdir ${bundle}: no such file or directory`);
    const path = join(bundle, 'config.json');
    if (existsSync(path)) throw new Conflict(`File ${path} exists. Remove it first`);
    writeFileSync(path, `${JSON.stringify(invocation.isSet('rootless') ? rootless(example()) : example(), undefined, '\t')}\n`);
    return 0;
  },
};

/** For an ordinary user: root inside is that user outside, the host's network and /sys as they are (runC's ToRootless). */
function rootless(spec: OciSpec): OciSpec {
  const { uid, gid } = { uid: process.geteuid?.() ?? 0, gid: process.getegid?.() ?? 0 };
  const withoutIds = (options: readonly string[] = []): string[] => options.filter((option) => !/^[ug]id=/.test(option));
  const sys = { destination: '/sys', type: 'none', source: '/sys', options: ['rbind', 'nosuid', 'noexec', 'nodev', 'ro'] };
  const { resources: _, ...linux } = spec.linux ?? {};
  return {
    ...spec,
    mounts: (spec.mounts ?? []).map((mount) => (mount.destination === '/sys' ? sys : { ...mount, options: withoutIds(mount.options) })),
    linux: {
      ...linux,
      namespaces: [...(linux.namespaces ?? []).filter(({ type }) => type !== 'network'), { type: 'user' }],
      uidMappings: [{ containerID: 0, hostID: uid, size: 1 }],
      gidMappings: [{ containerID: 0, hostID: gid, size: 1 }],
    },
  };
}

function example(): OciSpec {
  const capabilities = ['CAP_AUDIT_WRITE', 'CAP_KILL', 'CAP_NET_BIND_SERVICE']; // no more than runC's
  const safe = ['nosuid', 'noexec', 'nodev'];
  return {
    ociVersion: '1.2.0',
    process: {
      terminal: true,
      user: { uid: 0, gid: 0 },
      args: ['sh'],
      env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', 'TERM=xterm'],
      cwd: '/',
      capabilities: { bounding: capabilities, effective: capabilities, permitted: capabilities },
      rlimits: [{ type: 'RLIMIT_NOFILE', hard: 1024, soft: 1024 }],
      noNewPrivileges: true,
    },
    root: { path: 'rootfs', readonly: true },
    hostname: 'naru',
    mounts: [
      { destination: '/proc', type: 'proc', source: 'proc' },
      { destination: '/dev', type: 'tmpfs', source: 'tmpfs', options: ['nosuid', 'strictatime', 'mode=755', 'size=65536k'] },
      { destination: '/dev/pts', type: 'devpts', source: 'devpts', options: ['nosuid', 'noexec', 'newinstance', 'ptmxmode=0666', 'mode=0620', 'gid=5'] },
      { destination: '/dev/shm', type: 'tmpfs', source: 'shm', options: [...safe, 'mode=1777', 'size=65536k'] },
      { destination: '/dev/mqueue', type: 'mqueue', source: 'mqueue', options: safe },
      { destination: '/sys', type: 'sysfs', source: 'sysfs', options: [...safe, 'ro'] },
      { destination: '/sys/fs/cgroup', type: 'cgroup', source: 'cgroup', options: [...safe, 'relatime', 'ro'] },
    ],
    linux: {
      resources: { devices: [{ allow: false, access: 'rwm' }] },
      namespaces: [...(['pid', 'network', 'ipc', 'uts', 'mount'] as const), ...(existsSync('/sys/fs/cgroup/cgroup.controllers') ? (['cgroup'] as const) : [])].map((type) => ({ type })),
      maskedPaths: [...maskedPaths],
      readonlyPaths: [...readonlyPaths],
    },
  };
}
