/** A failed launch in the words that Docker's users know from runc (golden-tested in failure.test.ts). */
import { Internal, InvalidArgument, type NaruError } from '#base';
import { strerror } from '#kernel';
import { Detail, type Failure, type LaunchPlan, type Operation, type OperationName } from '#shim';

/** What the shim says of a process that died without a word; libuv has no name for it. */
const ECHILD = 10;
const ETIMEDOUT = 110;
const ELOOP = 40;
const EPERM = 1;
const EINVAL = 22;
/** What mount_setattr(2) says where it cannot map ids; no source is missing by these. */
const ofIdMaps = [EPERM, EINVAL];
/** A cgroup that has handed controllers down, or is none for processes (cgroups(7), "no internal processes"; threaded). */
const EBUSY = 16;
const EOPNOTSUPP = 95;

/** What the user asked for was wrong, not the machine. */
const ofTheUser = new Set<OperationName>(['lookup', 'directory-change', 'exec', 'user']);
/** After these runc no longer says "error during container init". */
const late = new Set<OperationName>(['bounding', 'user', 'parent-death', 'capabilities', 'directory-change', 'command', 'lookup', 'ready', 'no-new-privs', 'seccomp', 'exec']);

/** The error of a create that failed, as the daemon tells it. */
export function createFailure(plan: LaunchPlan, failure: Failure): NaruError {
  return errorOf(plan[failure.op], `OCI runtime create failed: runc create failed: ${startFailure(plan, failure)}: unknown${hintFor(strerror(failure.errno))}`);
}

/** The error of a launch that failed, as the command line tells it. */
export function launchFailure(plan: LaunchPlan, failure: Failure): NaruError {
  return errorOf(plan[failure.op], creates(plan) ? startFailure(plan, failure) : `unable to start container process: ${reason(plan, failure)}`);
}

/** It makes a container; another is an exec's. */
const creates = (plan: LaunchPlan): boolean => plan.some(({ op }) => op === 'pivot');

function startFailure(plan: LaunchPlan, failure: Failure): string {
  const operation = plan[failure.op];
  const during = operation && !late.has(operation.op) ? 'error during container init: ' : '';
  return `unable to start container process: ${during}${reason(plan, failure)}`;
}

/** The error of an exec that failed. */
export function execFailure(plan: LaunchPlan, failure: Failure): NaruError {
  const why = reason(plan, failure);
  return errorOf(plan[failure.op], `OCI runtime exec failed: exec failed: unable to start container process: ${why}: unknown${hintFor(why)}`);
}

function errorOf(operation: Operation | undefined, message: string): NaruError {
  return operation && ofTheUser.has(operation.op) ? new InvalidArgument(message) : new Internal(message);
}

/** What dockerd adds behind the runtime's message, which ends in what the error number says. */
export function hintFor(message: string): string {
  if (message.endsWith('is a directory')) return ': permission denied';
  if (message.endsWith('not a directory')) return ': Are you trying to mount a directory onto a file (or vice-versa)? Check if the specified host path exists and is the expected type';
  return '';
}

/** What went wrong, without the frame: `exec: "x": executable file not found in $PATH`. */
export function reason(plan: LaunchPlan, failure: Failure): string {
  const operation = plan[failure.op];
  const error = strerror(failure.errno);
  if (!operation) return failure.errno === ECHILD ? 'container init died before it was ready' : error;
  return describe(operation, plan, failure.detail, error);
}

function describe(operation: Operation, plan: LaunchPlan, detail: number, error: string): string {
  switch (operation.op) {
    case 'lookup':
      return lookupFailure(commandOf(plan), detail, error);
    case 'exec':
      return `exec ${commandOf(plan)}: ${error}`;
    case 'directory-change':
      return `chdir to cwd ("${operation.path}") set in config.json failed: ${error}`;
    case 'mount-fs':
      if (detail === Detail.destination && error === strerror(ELOOP)) return `error mounting ${JSON.stringify(operation.source || operation.type)} to rootfs at ${JSON.stringify(operation.destination)}: filesystem ${JSON.stringify(operation.type)} must be mounted on ordinary directory`;
      return mountFailure(operation, detail, error);
    case 'take':
      if (operation.uidMap && ofIdMaps.some((number) => error === strerror(number))) return mapFailure(operation.source, error);
      return mountFailure({ source: operation.source, destination: attachOf(plan, operation) }, Detail.source, error);
    case 'attach':
      return mountFailure({ source: takeOf(plan, operation.taken), destination: operation.destination }, detail, error);
    case 'hook':
      return hookFailure(operation.name, detail, error);
    case 'rlimit':
      return `error setting rlimits for ${creates(plan) ? 'ready ' : ''}process: error setting rlimit type ${operation.resource}: ${error}`;
    case 'mount':
      return `error preparing rootfs: mount ${operation.source}:${operation.target}: ${error}`;
    case 'mask':
    case 'readonly':
      return `can't make ${operation.op === 'mask' ? 'masked' : 'readonly'} path ${JSON.stringify(operation.paths[detail] ?? '')}: ${error}`;
    case 'device':
      return `error creating device nodes: mknod ${operation.path}: ${error}`;
    case 'proc-write':
      return labelFailure(plan, operation.path, operation.value) + `write /proc/${operation.path}: ${error}`;
    case 'memory-policy':
      return `error setting memory policy: set_mempolicy: ${error}`;
    case 'user':
      return error === strerror(EINVAL) ? `unable to setup user: ${unmapped(plan, operation)}` : `user: ${error}`;
    case 'hostname':
    case 'domainname':
      return `set${operation.op}: ${error}`;
    case 'scheduler':
      return `error setting scheduler: ${error}`;
    case 'relabel':
      return `setxattr ${operation.path}: ${error}`;
    case 'cgroup':
      return `unable to apply cgroup configuration: error adding pid 0 to cgroups: write ${operation.files[detail] ?? ''}: ${error}`;
    case 'cgroup-into':
      return intoFailure('openat', operation.directory, error);
    case 'clone': {
      const into = plan.find(({ op }) => op === 'cgroup-into');
      if (into?.op === 'cgroup-into' && [EBUSY, EOPNOTSUPP].some((number) => error === strerror(number))) return intoFailure('clone3', into.directory, error);
      return `clone: ${error}`;
    }
    case 'join':
      return `join namespace ${operation.path}: ${error}`;
    case 'seccomp':
      if (detail === Detail.destination) return `failed to connect with seccomp agent specified in the seccomp profile: dial unix ${listenerOf(plan)}: connect: ${error}`;
      return `unable to init seccomp: error loading seccomp filter: ${error}`;
    default:
      return `${operation.op}: ${error}`;
  }
}

/** An exec's plan does not know the maps. */
function unmapped(plan: LaunchPlan, { uid }: Extract<Operation, { op: 'user' }>): string {
  const clone = plan.find(({ op }) => op === 'clone');
  const map = clone?.op === 'clone' ? clone.uidMap.trim() : '';
  const mapped = map.split('\n').some((line) => {
    const [first = 0, , size = 0] = line.split(' ').map(Number);
    return uid >= first && uid < first + size;
  });
  return `cannot set ${map === '' ? 'uid or gid' : mapped ? 'gid' : 'uid'} to unmapped user in user namespace`;
}

/** Of a cgroup of version 2, which the new process is born in; it calls itself 0, as who enters one does. */
const intoFailure = (call: string, directory: string, error: string): string => `unable to apply cgroup configuration: error adding pid 0 to cgroups: ${call} ${directory}: ${error}`;

const mapFailure = (source: string, error: string): string => `failed to set MOUNT_ATTR_IDMAP on ${source}: ${error} (maybe the filesystem used doesn't support idmap mounts on this kernel?)`;

function hookFailure(name: string, detail: number, error: string): string {
  const ended = (detail & 0xff) === Detail.hookStatus;
  const why = !ended ? error : error === strerror(ETIMEDOUT) ? 'hook ran past specified timeout' : `exit status ${detail >>> 8}`;
  return `error running ${name}: ${why}`;
}

/** What runC says before a write to a security module's attribute that failed. */
function labelFailure(plan: LaunchPlan, path: string, value: string): string {
  if (!/^self\/attr\/.*exec$/.test(path)) return '';
  if (value.startsWith('exec ')) return `${creates(plan) ? 'unable to apply apparmor profile: ' : ''}apparmor failed to apply profile: `;
  return creates(plan) ? "can't set process label: " : '';
}

function commandOf(plan: LaunchPlan): string {
  const command = plan.find((operation) => operation.op === 'command');
  return command?.arguments[0] ?? '';
}

function listenerOf(plan: LaunchPlan): string {
  const listener = plan.find((operation) => operation.op === 'notify');
  return listener?.socket ?? '';
}

function lookupFailure(name: string, detail: number, error: string): string {
  const quoted = JSON.stringify(name);
  if (detail === Detail.notInPath) return `exec: ${quoted}: executable file not found in $PATH`;
  if (detail === Detail.stat) return `exec: ${quoted}: stat ${name}: ${error}`;
  return `exec: ${quoted}: ${error}`;
}

function mountFailure({ source, destination }: { source: string; destination: string }, detail: number, error: string): string {
  const where = `error mounting "${source}" to rootfs at "${destination}": `;
  if (detail === Detail.source) return `${where}stat ${source}: ${error}`;
  if (detail === Detail.destination) return `${where}create mountpoint for ${destination} mount: ${error}`;
  return `${where}mount ${source}:${destination}: ${error}`;
}

/** What is attached was taken, and is known by its number. */
function takeOf(plan: LaunchPlan, number: number): string {
  return plan.flatMap((take) => (take.op === 'take' ? [take.source] : []))[number] ?? '';
}

function attachOf(plan: LaunchPlan, operation: Operation): string {
  const number = plan.filter(({ op }) => op === 'take').indexOf(operation);
  return plan.flatMap((attach) => (attach.op === 'attach' && attach.taken === number ? [attach.destination] : []))[0] ?? '';
}
