/** Runs CRIU on a container of the command line. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, readlinkSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Conflict, findCommand, Internal, NotFound } from '#base';
import { type Cgroup, compileSeccomp } from '#kernel';
import { StdioFlag, type LaunchPlan } from '#shim';
import type { OciSpec } from '#spec';
import { rebind } from '../compile/mounts.ts';
import { cloneFlags } from '../compile/names.ts';
import { undo } from '../undo.ts';
import { processStat, type Container } from './container.ts';
import { directCgroup, recordOf, refuseOccupied, type RecordInput } from './create.ts';
import { dumpArguments, restoreArguments, type CriuOptions, type DumpOptions } from './criu.ts';
import { launch, type Launch } from './launch.ts';
import { makeDirectory, removeDirectory, writeRecord, writeSeccomp, type ContainerRecord } from './layout.ts';

const SLAVES = 0x84000; // MS_SLAVE | MS_REC
/** Beside the images: what stdio was at the dump, as runC writes it. */
const DESCRIPTORS = 'descriptors.json';

/** CRIU's program by absolute path. Throws NotFound where it is not installed. */
export function findCriu(name: string): string {
  if (name.includes('/')) {
    if (existsSync(name)) return name;
    throw new NotFound(`CRIU is needed for this, and there is no ${name}`);
  }
  const found = findCommand(name);
  if (!found) throw new NotFound(`CRIU is needed for this, and there is no "${name}" in $PATH; install it (Debian's package criu) or name it with --criu`);
  return found;
}

/** Dumps the container's processes. Throws Internal with CRIU's last word and its log's place. */
export async function checkpointContainer(criu: string, { record, cgroup }: Container, spec: OciSpec, wanted: Omit<DumpOptions, 'pid' | 'freezer'>): Promise<void> {
  for (const path of [wanted.images, wanted.work]) mkdirSync(path, { recursive: true, mode: 0o700 });
  const stdio = [0, 1, 2].map((fd) => readlinkSync(`/proc/${record.pid}/fd/${fd}`));
  writeFileSync(join(wanted.images, DESCRIPTORS), JSON.stringify(stdio), { mode: 0o600 });
  const joined = spec.linux?.namespaces?.find(({ type, path }) => type === 'network' && path);
  const inode = joined ? statSync(`/proc/${record.pid}/ns/net`).ino : undefined;
  const freezer = cgroup.directoryOf('freezer') ?? cgroup.unified ?? '';
  const child = spawn(criu, dumpArguments(spec, { ...wanted, pid: record.pid, freezer }, inode), { stdio: ['ignore', 'pipe', 'pipe'] });
  const said = Promise.all([child.stdout, child.stderr].map(async (stream) => Buffer.concat(await stream.toArray()).toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Internal(`criu failed: exit status ${code ?? 'by a signal'}${lastLine((await said).join(''))}\nlog file: ${join(wanted.work, 'dump.log')}`);
}

const lastLine = (text: string): string => (text.trim() ? `: ${text.trim().split('\n').at(-1)}` : '');

export interface RestoreRequest extends RecordInput {
  readonly root: string;
  readonly shimPath: string;
  readonly reaper: boolean;
  warn(message: string): void;
}

/** A container out of a dump, running. What fails leaves nothing. */
export async function restoreContainer(criu: string, request: RestoreRequest, wanted: CriuOptions): Promise<{ readonly container: Container; readonly launch: Launch }> {
  const { root, id, spec } = request;
  if (!existsSync(join(wanted.images, DESCRIPTORS))) throw new Conflict(`${wanted.images} holds no checkpoint: ${DESCRIPTORS} is missing`);
  mkdirSync(wanted.work, { recursive: true, mode: 0o700 });
  const cgroup = directCgroup(spec, id);
  const directory = makeDirectory(root, id);
  refuseOccupied(cgroup, directory);
  try {
    return await restore(criu, request, wanted, { directory, cgroup });
  } catch (error) {
    await undo(request.warn, [() => cgroup.kill(9), () => cgroup.remove(), () => removeDirectory(directory)]);
    throw error;
  }
}

async function restore(criu: string, request: RestoreRequest, wanted: CriuOptions, { directory, cgroup }: { directory: string; cgroup: Cgroup }) {
  const { spec, shimPath, id, reaper, warn } = request;
  const seccomp = spec.linux?.seccomp && compileSeccomp(spec.linux.seccomp);
  const record = recordOf(request, cgroup, seccomp);
  writeRecord(directory, record);
  if (seccomp) writeSeccomp(directory, seccomp.program);
  await cgroup.create();
  cgroup.apply(spec.linux?.resources ?? {});
  const descriptors = JSON.parse(readFileSync(join(wanted.images, DESCRIPTORS), 'utf8')) as string[];
  const pidFile = join(directory, 'restored.pid');
  const words = [criu, ...restoreArguments(spec, { ...wanted, pidFile, cgroup: cgroup.path, descriptors })];
  const launched = await launch({ shimPath, directory, label: id, plan: restorePlan(spec, words, pidFile), preserved: 0, reaper, warn });
  const complete: ContainerRecord = { ...record, pid: launched.pid, startTime: processStat(launched.pid)?.startTime ?? '' };
  writeRecord(directory, complete);
  return { container: { directory, record: complete, cgroup }, launch: launched };
}

/** CRIU makes the processes where the root is a mount of its own, out of our stdio; they fall to the shim when it has gone. */
function restorePlan(spec: OciSpec, words: readonly string[], pidFile: string): LaunchPlan {
  return [
    { op: 'stdio', flags: StdioFlag.inherit },
    { op: 'stage' },
    { op: 'unshare', types: cloneFlags.mount },
    { op: 'propagation', path: '/', flags: SLAVES },
    rebind(spec.root?.path ?? ''),
    { op: 'adopt', pidFile, arguments: words, environment: [`PATH=${process.env['PATH'] ?? ''}`] },
    { op: 'ready', wait: 0 },
  ];
}
