import assert from 'node:assert/strict';
import { constants } from 'node:os';
import { test } from 'node:test';
import { Detail, type LaunchPlan } from '#shim';
import { createFailure, execFailure } from './failure.ts';

const { ENOENT, EACCES, EISDIR, ENOEXEC, ENOTDIR } = constants.errno;
const start = 'OCI runtime create failed: runc create failed: unable to start container process: ';
const plan: LaunchPlan = [
  { op: 'take', source: '/x', flags: 0, set: 0n, clear: 0n, setAll: 0n, clearAll: 0n, propagation: 0, propagationAll: 0, uidMap: '', gidMap: '' },
  { op: 'command', arguments: ['cmd'], environment: [] },
  { op: 'lookup' },
  { op: 'directory-change', path: '/nosuch', early: 0 },
  { op: 'exec', flags: 0 },
  { op: 'attach', destination: '/y', taken: 0 },
];

const message = (op: number, errno: number, detail: number = Detail.none) => createFailure(plan, { op, errno, detail }).message;

test('a command that cannot be run', () => {
  assert.equal(message(2, ENOENT, Detail.notInPath), `${start}exec: "cmd": executable file not found in $PATH: unknown`);
  assert.equal(message(2, EACCES), `${start}exec: "cmd": permission denied: unknown`);
  assert.equal(message(2, EISDIR), `${start}exec: "cmd": is a directory: unknown: permission denied`);
  assert.equal(message(3, ENOENT), `${start}chdir to cwd ("/nosuch") set in config.json failed: no such file or directory: unknown`);
  assert.equal(createFailure(plan, { op: 2, errno: ENOENT, detail: 0 }).kind, 'InvalidArgument');
});

test('a limit that is refused', () => {
  const limit = { op: 'rlimit', resource: 7, current: 1n, maximum: 2n } as const;
  const said = 'process: error setting rlimit type 7: operation not permitted: unknown';
  const failure = { op: 0, errno: constants.errno.EPERM, detail: Detail.none };
  assert.equal(createFailure([limit, { op: 'pivot', mode: 0, revealing: [] }], failure).message, `${start}error during container init: error setting rlimits for ready ${said}`);
  assert.equal(execFailure([limit], failure).message, `OCI runtime exec failed: exec failed: unable to start container process: error setting rlimits for ${said}`);
});

test('a mount that cannot be made', () => {
  const where = `${start}error during container init: error mounting "/x" to rootfs at "/y": `;
  assert.equal(message(0, ENOENT, Detail.source), `${where}stat /x: no such file or directory: unknown`);
  assert.equal(
    message(5, ENOTDIR),
    `${where}mount /x:/y: not a directory: unknown: Are you trying to mount a directory onto a file (or vice-versa)? Check if the specified host path exists and is the expected type`,
  );
  assert.equal(createFailure(plan, { op: 0, errno: ENOENT, detail: Detail.source }).kind, 'Internal');
  const mapped = plan.map((operation) => (operation.op === 'take' ? { ...operation, uidMap: '0 1 1\n' } : operation));
  const unmapped = createFailure(mapped, { op: 0, errno: constants.errno.EINVAL, detail: Detail.none }).message;
  assert.equal(unmapped, `${start}error during container init: failed to set MOUNT_ATTR_IDMAP on /x: invalid argument (maybe the filesystem used doesn't support idmap mounts on this kernel?): unknown`);
  assert.equal(createFailure(mapped, { op: 0, errno: ENOENT, detail: Detail.source }).message, `${where}stat /x: no such file or directory: unknown`);
});

test('an exec', () => {
  const text = execFailure(plan, { op: 4, errno: ENOEXEC, detail: Detail.execve }).message;
  assert.equal(text, 'OCI runtime exec failed: exec failed: unable to start container process: exec cmd: exec format error: unknown');
});

test('a cgroup that takes no process', () => {
  const words = 'unable to apply cgroup configuration: error adding pid 0 to cgroups: ';
  const entering: LaunchPlan = [{ op: 'cgroup', files: ['/v1/tasks'] }, { op: 'cgroup-into', directory: '/v2/box' }, { op: 'clone', types: 0, uidMap: '', gidMap: '', denySetgroups: 0 }];
  const said = (op: number, errno: number) => execFailure(entering, { op, errno, detail: 0 }).message;
  const { EBUSY, EPERM } = constants.errno;
  const whole = (reason: string) => `OCI runtime exec failed: exec failed: unable to start container process: ${reason}: unknown`;
  assert.equal(said(0, ENOENT), whole(`${words}write /v1/tasks: no such file or directory`));
  assert.equal(said(1, ENOENT), whole(`${words}openat /v2/box: no such file or directory`));
  assert.equal(said(2, EBUSY), whole(`${words}clone3 /v2/box: device or resource busy`));
  assert.equal(said(2, EPERM), whole('clone: operation not permitted'));
});

test('a process that was killed on its way', () => {
  assert.equal(createFailure(plan, { op: 0xffffffff, errno: constants.errno.ECHILD, detail: 0 }).message, `${start}container init died before it was ready: unknown`);
});

test('a profile or label that the kernel does not take', () => {
  const written: LaunchPlan = [{ op: 'proc-write', path: 'self/attr/apparmor/exec', value: 'exec mine' }, { op: 'proc-write', path: 'self/attr/exec', value: 'u:r:t:s0' }];
  const creating: LaunchPlan = [...written, { op: 'pivot', mode: 0, revealing: [] }];
  const profile = 'apparmor failed to apply profile: write /proc/self/attr/apparmor/exec: no such file or directory: unknown';
  const said = (op: number, errno: number) => createFailure(creating, { op, errno, detail: Detail.none }).message;
  assert.equal(said(0, ENOENT), `${start}error during container init: unable to apply apparmor profile: ${profile}`);
  assert.equal(said(1, EACCES), `${start}error during container init: can't set process label: write /proc/self/attr/exec: permission denied: unknown`);
  assert.equal(execFailure(written, { op: 0, errno: ENOENT, detail: Detail.none }).message, `OCI runtime exec failed: exec failed: unable to start container process: ${profile}`);
});
