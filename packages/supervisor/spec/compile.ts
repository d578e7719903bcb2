/**
 * Compiles a container's spec into an OCI `config.json` (runtime-spec 1.3, config.md and config-linux.md). Pure: the
 * same input gives the same document, in the order in which dockerd writes it.
 */
import { withoutEnd } from '#base';
import { defaultDeviceRules, maskedPaths, readonlyPaths, type OciProcess, type OciSpec } from '#spec';
import type { ContainerSpec } from '../port.ts';
import { labelsFor } from './apparmor.ts';
import { capabilitySets, grantedCapabilities } from './capabilities.ts';
import { mountsOf, rootPropagation } from './mounts.ts';
import { namespacesOf } from './namespaces.ts';
import { seccompFor } from './seccomp.ts';
import type { Situation } from './situation.ts';

export function compileSpec(spec: ContainerSpec, situation: Situation): OciSpec {
  const uts = spec.namespaces.uts === 'private';
  return {
    ociVersion: '1.2.0',
    process: compileProcess(spec, situation),
    root: { path: situation.rootPath, ...(spec.readonlyRoot && { readonly: true }) },
    ...(uts && { hostname: spec.hostname, ...(spec.domainname && { domainname: spec.domainname }) }),
    mounts: mountsOf(spec, situation),
    ...(spec.hooks && Object.keys(spec.hooks).length > 0 && { hooks: spec.hooks }),
    ...(spec.annotations && { annotations: { ...spec.annotations } }),
    linux: compileLinux(spec, situation),
  };
}

/** The first process. An exec's is made from the same parts (see exec.ts). */
function compileProcess(spec: ContainerSpec, situation: Situation): OciProcess {
  const { process } = spec;
  const size = situation.consoleSize ?? process.consoleSize;
  return {
    ...(process.terminal && { terminal: true, ...(size && { consoleSize: { height: size.rows, width: size.columns } }) }),
    user: { uid: situation.user.uid, gid: situation.user.gid, additionalGids: [...situation.user.additionalGids] },
    args: [...process.args],
    env: withHome(process.env, situation.user.home),
    cwd: process.cwd || '/',
    capabilities: capabilitySets(grantedCapabilities(spec.security, situation.host.capabilities)),
    ...(process.rlimits.length > 0 && { rlimits: process.rlimits.map((limit) => ({ ...limit })) }),
    ...(spec.security.noNewPrivileges && { noNewPrivileges: true }),
    ...labelsFor(spec.security, situation.host),
    oomScoreAdj: process.oomScoreAdj,
  };
}

/** HOME comes from the container's passwd file unless the environment has one. */
export function withHome(env: readonly string[], home: string): string[] {
  const said = env.filter((entry) => entry !== 'HOME=');
  return said.some((entry) => entry.startsWith('HOME=')) ? said : [...said, `HOME=${home}`];
}

function compileLinux(spec: ContainerSpec, situation: Situation): NonNullable<OciSpec['linux']> {
  const { security } = spec;
  const hidden = security.maskedPaths ?? (security.privileged ? [] : maskedPaths);
  const frozen = security.readonlyPaths ?? (security.privileged ? [] : readonlyPaths);
  const seccomp = seccompFor(security, situation.host);
  const propagation = rootPropagation(spec.mounts);
  return {
    sysctl: { ...(spec.network.mode === 'own' && networkSysctls(spec, situation)), ...spec.sysctl },
    resources: {
      ...spec.resources,
      devices: [...(security.privileged ? [{ allow: true, access: 'rwm' }] : defaultDeviceRules), ...spec.deviceRules],
    },
    cgroupsPath: `${withoutEnd(spec.cgroupParent, (character) => character === '/')}/${spec.id}`,
    namespaces: namespacesOf(spec, situation.joined),
    ...(situation.idMap && { uidMappings: [...situation.idMap.uids], gidMappings: [...situation.idMap.gids] }),
    devices: [...(security.privileged ? situation.hostDevices : []), ...spec.devices],
    ...(seccomp && { seccomp }),
    ...(propagation && { rootfsPropagation: propagation }),
    ...(security.selinux?.mount && { mountLabel: security.selinux.mount }),
    maskedPaths: [...hidden],
    readonlyPaths: [...frozen],
  };
}

/** Inside a network namespace of its own any user may bind low ports and, where every group is mapped, send pings. */
function networkSysctls({ namespaces }: ContainerSpec, { host }: Situation): Record<string, string> {
  const mapped = namespaces.user === 'host' && !host.confined;
  return { 'net.ipv4.ip_unprivileged_port_start': '0', ...(mapped && { 'net.ipv4.ping_group_range': '0 2147483647' }) };
}
