/** What a spec may not say, whatever the machine: contradictions, names that there are none of, reaches outside the container. */
import { posix } from 'node:path';
import { InvalidArgument, NotImplemented } from '#base';
import { hookPoints, type OciDeviceRule, type OciNamespaceType, type OciProcess, type OciSpec } from '#spec';
import { capabilityMask, cloneFlags } from './names.ts';

/** Sections for other platforms than this one (OCI runtime-spec config.md "Platform-specific configuration"). */
const foreign = ['solaris', 'windows', 'vm', 'zos', 'freebsd'] as const;
/** sysctls that belong to a container's own IPC namespace; the others of theirs are below fs.mqueue. */
const ofIpc = new Set(['kernel.msgmax', 'kernel.msgmnb', 'kernel.msgmni', 'kernel.sem', 'kernel.shmall', 'kernel.shmmax', 'kernel.shmmni', 'kernel.shm_rmid_forced']);
/** The next one, (uid_t)-1, is the kernel's word for "as it is": who became that would stay root. */
const MOST_ID = 0xfffffffe;

/** Throws InvalidArgument, in runC's words where it has some; NotImplemented for other platforms' sections. */
export function validateSpec(spec: OciSpec): void {
  const section = foreign.find((name) => name in spec);
  if (section) throw new NotImplemented(`${section} is not supported`);
  for (const { type } of spec.linux?.namespaces ?? []) if (!(type in cloneFlags)) throw new InvalidArgument(`namespace "${String(type)}" does not exist`);
  if (spec.process) validateProcess(spec.process);
  validateUsers(spec);
  validateDeviceRules(spec.linux?.resources?.devices ?? []);
  for (const maps of [spec.linux ?? {}, ...(spec.mounts ?? [])]) {
    for (const { containerID, hostID, size } of [...(maps.uidMappings ?? []), ...(maps.gidMappings ?? [])]) refuseWrongIds('id mapping', [containerID, hostID, size], MOST_ID + 1);
  }
  validateHooks(spec);
  validateNames(spec);
}

function validateDeviceRules(rules: readonly OciDeviceRule[]): void {
  for (const [index, { type, access }] of rules.entries()) {
    if (type && !['a', 'b', 'c', 'u', 'p'].includes(type)) throw new InvalidArgument(`invalid cgroup device type "${type}"`);
    if (!access) throw new InvalidArgument(`device access at ${index} field cannot be empty`);
    if (/[^rwm]/.test(access)) throw new InvalidArgument(`invalid cgroup device access "${access}"`);
  }
}

/** A time that is said is some (OCI runtime-spec config.md "POSIX-platform Hooks"). */
function validateHooks({ hooks = {} }: OciSpec): void {
  for (const point of hookPoints) {
    const all = hooks[point] ?? [];
    const wrong = all.findIndex(({ timeout }) => timeout !== undefined && timeout <= 0);
    if (wrong >= 0) throw new InvalidArgument(`hook ${point} #${wrong}: timeout ${all[wrong]?.timeout} is not greater than zero`);
  }
}

/** The same of one process. */
export function validateProcess(process: OciProcess): void {
  if (!process.args?.length) throw new InvalidArgument('args must not be empty');
  if (!process.cwd) throw new InvalidArgument('Cwd property must not be empty');
  if (!posix.isAbsolute(process.cwd)) throw new InvalidArgument('Cwd must be an absolute path');
  if ('commandLine' in process) throw new NotImplemented('process.commandLine is not supported');
  if (process.user.username) throw new NotImplemented('process.user.username is not supported');
  const { uid, gid, additionalGids = [] } = process.user;
  refuseWrongIds('process.user', [uid, gid, ...additionalGids], MOST_ID);
  const types = (process.rlimits ?? []).map(({ type }) => type);
  const twice = types.find((type, index) => types.indexOf(type) < index);
  if (twice) throw new InvalidArgument(`process.rlimits: ${twice} is there twice`);
  const { oomScoreAdj = 0 } = process;
  if (!(oomScoreAdj >= -1000 && oomScoreAdj <= 1000)) throw new InvalidArgument(`process.oomScoreAdj: ${oomScoreAdj} is not from -1000 to 1000`);
  for (const pair of process.env ?? []) refuseWrongPair(pair);
  const cut = process.args.find((word) => word.includes('\0'));
  if (cut !== undefined) throw new InvalidArgument(`process.args: ${JSON.stringify(cut)} contains a NUL, which ends a word`);
  refuseUninheritable(process);
}

/** The kernel lets nobody inherit what is outside the bounding set, nor use what he is not permitted (capset(2)), and says so only when nobody listens any more. */
function refuseUninheritable({ capabilities: { inheritable = [], bounding = [], effective = [], permitted = [] } = {} }: OciProcess): void {
  const beyond = capabilityMask(effective) & ~capabilityMask(permitted);
  if (beyond) throw new InvalidArgument('unable to apply caps: operation not permitted: an effective capability is not in the permitted set');
  const outside = capabilityMask(inheritable) & ~capabilityMask(bounding);
  if (outside) throw new InvalidArgument('unable to apply caps: operation not permitted: an inheritable capability is not in the bounding set');
}

function refuseWrongPair(pair: string): void {
  if (!pair.includes('=')) throw new InvalidArgument(`invalid environment variable: ${JSON.stringify(pair)}`);
  if (pair.startsWith('=')) throw new InvalidArgument(`environment variable name can't be empty: ${JSON.stringify(pair)}`);
  if (pair.includes('\0')) throw new InvalidArgument(`environment variable value can't contain null(\\x00): ${JSON.stringify(pair)}`);
}

/** A user namespace that is made needs somebody in it. */
function validateUsers({ linux }: OciSpec): void {
  if (!linux?.namespaces?.some(({ type, path }) => type === 'user' && !path)) return;
  if (!linux.uidMappings?.length) throw new InvalidArgument('user namespaces enabled, but no uid mappings found');
  if (!linux.gidMappings?.length) throw new InvalidArgument('user namespaces enabled, but no gid mappings found');
}

/** Ids come from JSON that nobody has checked, and go to the kernel and to newuidmap as they are. */
function refuseWrongIds(what: string, ids: readonly number[], most: number): void {
  const wrong = ids.find((id) => id !== undefined && !(Number.isSafeInteger(id) && id >= 0 && id <= most));
  if (wrong !== undefined) throw new InvalidArgument(`${what}: ${String(wrong)} is not a valid id`);
}

/** Interfaces that go into the container. `ordinary`: its maker has no rights over the host's. Throws InvalidArgument, in runC's words. */
export function validateNetDevices({ linux }: OciSpec, ordinary: boolean): void {
  const devices = Object.entries(linux?.netDevices ?? {});
  if (devices.length === 0) return;
  if (!linux?.namespaces?.some(({ type }) => type === 'network')) throw new InvalidArgument('unable to move network devices without a NET namespace');
  if (ordinary) throw new InvalidArgument('network devices are not supported in rootless containers');
  const names = devices.flatMap(([name, { name: renamed }]) => [name, ...(renamed ? [renamed] : [])]);
  const wrong = names.find((name) => !isInterfaceName(name));
  if (wrong !== undefined) throw new InvalidArgument(`invalid network device name ${JSON.stringify(wrong)}`);
}

/** As the kernel has it (dev_valid_name): 15 bytes, no spaces, slashes and colons. */
function isInterfaceName(name: string): boolean {
  return name !== '' && name !== '.' && name !== '..' && Buffer.byteLength(name) < 16 && !/[\s/:]/.test(name);
}

/** What would be the host's where the container has no namespace for it. */
function validateNames({ hostname, domainname, linux }: OciSpec): void {
  const has = (type: OciNamespaceType) => linux?.namespaces?.some((namespace) => namespace.type === type) ?? false;
  if (hostname && !has('uts')) throw new InvalidArgument('unable to set hostname without a private UTS namespace');
  if (domainname && !has('uts')) throw new InvalidArgument('unable to set domainname without a private UTS namespace');
  for (const name of Object.keys(linux?.sysctl ?? {})) {
    const dotted = name.replaceAll('/', '.');
    const needs = namespaceOf(dotted);
    if (dotted === 'kernel.hostname') throw new InvalidArgument(`sysctl "${name}" is not allowed as it conflicts with the OCI "hostname" field`);
    if (needs && has(needs)) continue;
    if (needs === 'network') throw new InvalidArgument(`sysctl "${name}" not allowed in host network namespace`);
    if (needs === 'ipc') throw new InvalidArgument(`sysctl "${name}" is not allowed in the hosts ipc namespace`);
    throw new InvalidArgument(`sysctl "${name}" is not in a separate kernel namespace`);
  }
}

function namespaceOf(sysctl: string): OciNamespaceType | undefined {
  if (sysctl.startsWith('net.')) return 'network';
  if (sysctl.startsWith('user.')) return 'user';
  if (sysctl.startsWith('fs.mqueue.') || ofIpc.has(sysctl)) return 'ipc';
  return sysctl === 'kernel.domainname' || sysctl === 'kernel.hostname' ? 'uts' : undefined;
}
