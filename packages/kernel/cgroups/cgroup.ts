/**
 * One cgroup: the same path below every hierarchy. Files are read and written synchronously, a thread would cost more than
 * that takes; directories by the caller's choice (directories.ts).
 */
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { errnoOf, Internal, InvalidArgument, NotImplemented, tolerate, tolerating } from '#base';
import type { OciResources } from '#spec';
import { reasonOf } from '../libc.ts';
import { isHostRoot } from '../user-namespace.ts';
import { attachDeviceProgram } from './devices-v2.ts';
import { type DirectoryCalls, inThreads } from './directories.ts';
import { enableControllers, refuseThreaded } from './hand-down.ts';
import { type CgroupLayout, cgroupLayout, type V1Hierarchy } from './layout.ts';
import type { Setting } from './setting.ts';
import { settingsV1, settingsV2 } from './settings.ts';
import { refuseUnheld } from './refused.ts';
import { removeEmpty, removeTree } from './remove-tree.ts';
import { type CgroupStats, Counters } from './stats.ts';
import { signalProcess } from '../process.ts';
import { WrittenFiles, writeCgroupFile } from './write-file.ts';

const FREEZE_TRIES = 200;

export class Cgroup {
  /** `/`-rooted, below each hierarchy's mount point. */
  readonly path: string;
  readonly layout: CgroupLayout;
  readonly #calls: DirectoryCalls;
  /** `path` as it stands behind a mount point. */
  readonly #tail: string;
  /** Few are ever asked. */
  #counters: Counters | undefined;

  constructor(path: string, layout: CgroupLayout = cgroupLayout(), calls: DirectoryCalls = inThreads) {
    if (!path.startsWith('/') || path.split('/').includes('..')) throw new InvalidArgument(`invalid cgroup path: ${path}`);
    this.path = path;
    this.#tail = normalize(path);
    this.layout = layout;
    this.#calls = calls;
  }

  /** The directory in the hierarchy of a v1 controller; undefined where it is not mounted. */
  directoryOf(controller: string): string | undefined {
    const hierarchy = this.layout.v1.find(({ controllers }) => controllers.includes(controller));
    return hierarchy && this.#below(hierarchy);
  }

  /** The directory in v2's hierarchy. */
  get unified(): string | undefined {
    return this.layout.v2 && this.#below(this.layout.v2);
  }

  /** Every directory of it, v1's first. */
  get directories(): string[] {
    const v1 = this.layout.v1.map((hierarchy) => this.#below(hierarchy));
    return this.unified ? [...v1, this.unified] : v1;
  }

  /** Each life asks for dozens: `join` would look through all of it each time. */
  #below({ mountPoint }: { readonly mountPoint: string }): string {
    return mountPoint === '/' ? this.#tail : `${mountPoint}${this.#tail}`;
  }

  /** Makes it in every hierarchy, with parents; already there is fine. */
  async create(): Promise<void> {
    await Promise.all([this.createV1(), this.createV2()]);
  }

  /** The v1 part of `create`. */
  async createV1(): Promise<void> {
    await Promise.all(this.layout.v1.map((hierarchy) => this.#createV1(hierarchy)));
  }

  /**
   * The v1 part of `create` out of one that exists in v1 alone, processes and all: its directories, each followed by what it is to be
   * called here. Both have the same parent. v1 can rename, and refuses where there is one (EEXIST); v2 cannot.
   */
  renamesFrom(spare: Cgroup): string[] {
    return this.layout.v1.flatMap((hierarchy) => [spare.#below(hierarchy), this.#below(hierarchy)]);
  }

  async #createV1(hierarchy: V1Hierarchy): Promise<void> {
    const directory = this.#below(hierarchy);
    await this.#calls.make(directory);
    if (hierarchy.controllers.includes('cpuset')) inheritCpuset(directory, hierarchy.mountPoint);
  }

  /** The v2 part of `create`. */
  async createV2(): Promise<void> {
    if (this.unified) await this.#calls.make(this.unified);
  }

  /** Writes what `resources` asks for. Throws Internal with the kernel's reason and the file's name. */
  apply(resources: OciResources): void {
    this.changed();
    refuseUnheld(resources, this.layout);
    this.#checkUsage(resources.memory);
    using files = new WrittenFiles();
    const v1 = new Set(this.layout.v1.flatMap(({ controllers }) => controllers));
    this.#writeAll(files, settingsV1(resources, this.#memoryLimit(resources.memory)).filter(({ controller }) => v1.has(controller)), (controller) => this.directoryOf(controller) ?? '');
    this.#checkShares(resources.cpu?.shares);
    if (!this.layout.v2 || !this.unified) return;
    // blkio is io's name in v1.
    const wanted = settingsV2(resources).filter(({ controller }) => !v1.has(controller === 'io' ? 'blkio' : controller));
    const needed = new Set(wanted.map(({ controller }) => controller).filter((controller) => this.layout.v2?.controllers.includes(controller)));
    const pure = this.layout.v1.length === 0;
    if (pure) refuseThreaded(this.unified);
    enableControllers(this.layout.v2.mountPoint, this.path, pure ? this.layout.v2.controllers : [...needed]);
    const { unified } = this;
    this.#writeAll(files, wanted, () => unified);
    if (pure && resources.devices && isHostRoot()) attachDeviceProgram(this.unified, resources.devices);
  }

  /** Where the spec asks for it: a limit below what is in use would kill, not limit. */
  #checkUsage(memory: OciResources['memory']): void {
    if (!memory?.checkBeforeUpdate || !memory.limit || memory.limit < 0) return;
    const { usage } = this.stats().memory;
    if (usage > memory.limit) throw new InvalidArgument(`rejecting memory limit ${memory.limit} <= usage ${usage}`);
  }

  /** Bytes; only where the order of two limits hangs on it. */
  #memoryLimit(memory: OciResources['memory']): number | undefined {
    const directory = this.directoryOf('memory');
    return memory?.limit && memory.swap && directory !== undefined ? Number(readFileSync(join(directory, 'memory.limit_in_bytes'), 'utf8')) : undefined;
  }

  /** v1 takes any number of shares, and brings it into its range in silence. */
  #checkShares(asked: number | undefined): void {
    const directory = this.directoryOf('cpu');
    if (!asked || directory === undefined) return;
    const held = Number(readFileSync(join(directory, 'cpu.shares'), 'utf8'));
    if (asked !== held) throw new Internal(`the ${asked > held ? 'maximum' : 'minimum'} allowed cpu-shares is ${held}`);
  }

  /** In order; what is to be tried `again` once more after the rest. */
  #writeAll(files: WrittenFiles, settings: readonly Setting[], directoryOf: (controller: string) => string): void {
    const refused: Setting[] = [];
    for (const setting of settings) {
      try {
        this.#write(files, directoryOf(setting.controller), setting);
      } catch (error) {
        if (!setting.again) throw error;
        refused.push({ ...setting, again: false });
      }
    }
    if (refused.length > 0) this.#writeAll(files, refused, directoryOf);
  }

  #write(files: WrittenFiles, directory: string, setting: Setting): void {
    const file = `${directory}/${setting.file}`;
    try {
      files.write(file, setting.value);
    } catch (error) {
      if (errnoOf(error) === 'ENOENT' && setting.otherwise) return this.#write(files, directory, { ...setting, file: setting.otherwise, otherwise: undefined });
      if (errnoOf(error) === 'ENOENT' && setting.optional) return;
      throw new Internal(`failed to write "${setting.value}": write ${file}: ${reasonOf(error)}`, { cause: error });
    }
  }

  /** The time that its processes may have of the CPUs: `quota` of each `period`, in microseconds; below zero it is no limit. Undefined where no controller limits it. */
  get cpuTime(): { readonly quota: number; readonly period: number } | undefined {
    const v1 = this.directoryOf('cpu');
    const read = (directory: string, name: string): string | undefined => tolerating(['ENOENT'], undefined, () => readFileSync(join(directory, name), 'utf8').trim());
    const [quota, period] = v1 ? [read(v1, 'cpu.cfs_quota_us'), read(v1, 'cpu.cfs_period_us')] : ((this.unified && read(this.unified, 'cpu.max')?.split(' ')) || []);
    return quota && period ? { quota: quota === 'max' ? -1 : Number(quota), period: Number(period) } : undefined;
  }

  /** Ids of every process in it and below. */
  pids(): number[] {
    const root = this.directoryOf('pids') ?? this.unified ?? this.directories[0];
    return root ? [...new Set(pidsBelow(root))] : [];
  }

  /** Sends `signal` to every process in it and below; for SIGKILL nothing forked meanwhile escapes. Fine when it is gone. */
  kill(signal: number): void {
    if (signal === 9 && this.unified) unlessGone(() => writeCgroupFile(join(this.unified ?? '', 'cgroup.kill'), '1'));
    for (let round = 0; round < 10; round++) {
      const pids = this.pids();
      for (const pid of pids) signalProcess(pid, signal);
      if (signal !== 9 || pids.length === 0) return;
    }
  }

  /** SIGKILL for everything in it, what is frozen too: on v1 that takes a signal only once it is thawed. */
  async end(): Promise<void> {
    this.kill(9);
    await this.thaw();
  }

  /** Stops every process where it stands; resolves when they all have. Where one does not (in an uninterruptible call), all go on. */
  async freeze(): Promise<void> {
    await this.#setFrozen(true);
  }

  /** Lets them go on. Fine when it is gone: v2's frozen end by a signal alone, and systemd removes a scope in which nobody is. */
  async thaw(): Promise<void> {
    await this.#setFrozen(false).catch(tolerate(['ENOENT', 'ENODEV'], undefined));
  }

  async #setFrozen(frozen: boolean): Promise<void> {
    const v1 = this.directoryOf('freezer');
    if (!v1 && !this.unified) throw new NotImplemented('pausing needs a cgroup of its own, and none was delegated to this user');
    const [file, on, off] = v1 ? [join(v1, 'freezer.state'), 'FROZEN', 'THAWED'] : [join(this.unified ?? '', 'cgroup.freeze'), '1', '0'];
    for (let attempt = 0; attempt < FREEZE_TRIES; attempt++) {
      writeCgroupFile(file, frozen ? on : off);
      if (this.frozen === frozen) return;
      await sleep(attempt < 20 ? 1 : 10);
    }
    if (frozen) writeCgroupFile(file, off);
    throw new Internal(`unable to ${frozen ? 'freeze' : 'thaw'}: ${file} does not change`);
  }

  get frozen(): boolean {
    const v1 = this.directoryOf('freezer');
    if (v1) return readFileSync(join(v1, 'freezer.state'), 'utf8').trim() === 'FROZEN';
    if (!this.unified) return false;
    return /^frozen 1$/m.test(readFileSync(join(this.unified, 'cgroup.events'), 'utf8'));
  }

  stats(): CgroupStats {
    return (this.#counters ??= new Counters(this)).read();
  }

  /** Somebody else has written limits: the next counters tell them. */
  changed(): void {
    this.#counters?.changed();
  }

  /** Removes it and what was made below it. Waits a little for processes that are on their way out. */
  async remove(): Promise<void> {
    this.#counters?.[Symbol.dispose]();
    await Promise.all(this.directories.map((directory) => removeTree(directory, this.#calls)));
  }

  /** Removes it where nothing is in it. */
  async removeEmpty(): Promise<void> {
    await Promise.all(this.directories.map((directory) => removeEmpty(directory, this.#calls)));
  }
}

/** A cgroup may be removed at any moment, and before Linux 5.14 there is no cgroup.kill. */
function unlessGone(work: () => void): void {
  tolerating(['ENOENT', 'ENODEV'], undefined, work);
}

/** A new v1 cpuset is empty, and takes no process until it has CPUs and memory nodes: its parent's. */
function inheritCpuset(directory: string, root: string): void {
  if (readFileSync(join(directory, 'cpuset.mems'), 'utf8').trim()) return;
  const parent = dirname(directory);
  if (parent.length > root.length) inheritCpuset(parent, root);
  for (const name of ['cpuset.cpus', 'cpuset.mems']) writeFileSync(join(directory, name), readFileSync(join(parent, name)));
  writeFileSync(join(directory, 'cgroup.clone_children'), '1'); // what is made below has them from the start
}

function pidsBelow(directory: string): number[] {
  try {
    const own = readFileSync(join(directory, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean).map(Number);
    const below = readdirSync(directory, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    return [...own, ...below.flatMap((entry) => pidsBelow(join(directory, entry.name)))];
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENODEV') return [];
    throw error;
  }
}
