/**
 * Shims that wait for a container: spawned, with a seed in a v1 cgroup of its own. Taking one renames its directory and
 * its cgroup to the container's (the cgroup's ten directories the shim itself: in the pool's threads each would be a job); others are made a moment later, when the containers that took them have had their start
 * (stock.ts tells how many).
 *
 * A spare whose daemon dies sees its only connection end and goes. The directory and the empty cgroup that it leaves are
 * cleared by the next daemon.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { messageOf, tolerating } from '#base';
import { Cgroup, makeTopDirectory } from '#kernel';
import { encodeList, encodePlan, FrameType, ShimConnection, type ShimImage, spawnShim } from '#shim';
import { compileSeed } from '../compile/seed.ts';
import { undo } from '../undo.ts';
import { readTask, removeTaskDirectory, writeTask, type TaskRecord } from './layout.ts';
import { placementOf } from './placement.ts';
import { taskEvents, type TaskEvents } from './events.ts';
import { Stock, type StockKeeper, type StockSize } from './stock.ts';

/** Room for a container's id in the shim's argv. */
const LABEL = '-'.repeat(64);
/** Kilobytes that the machine must have available for more than the least: each takes some 350, most of it the kernel's. */
const PLENTY = 512 * 1024;

/** What it needs of the runtime. */
interface SpareRoom {
  readonly image: ShimImage;
  readonly cgroupParent: string;
  /** Tasks that are being made. */
  readonly making: ReadonlySet<string>;
  warn(id: string, message: string): void;
}

/** A shim that is up, and what it stands on. */
export interface HeldShim {
  readonly connection: ShimConnection;
  readonly events: TaskEvents;
  readonly seeded: boolean;
  /** Resolves when directory and cgroup have the container's names. */
  readonly placed: Promise<void>;
}

interface Spare extends Omit<HeldShim, 'placed'> {
  readonly directory: string;
  readonly cgroup: Cgroup;
}

export class Spares implements AsyncDisposable, StockKeeper<Spare> {
  readonly #room: SpareRoom;
  readonly #root: string;
  readonly #stock: Stock<Spare>;
  #count = 0;

  /** Keeps spares below `root`; none where there is no v1 hierarchy to enter. */
  constructor(room: SpareRoom, root: string, size: StockSize) {
    this.#room = room;
    this.#root = root;
    this.#stock = new Stock(this, new Cgroup('/').layout.v1.length > 0 ? size : { least: 0, most: 0 });
  }

  /** Clears what an earlier daemon left, then makes the first spares. */
  async begin(): Promise<void> {
    makeTopDirectory(this.#root, 0o700);
    await Promise.all(readdirSync(this.#root).map((name) => this.#clear(name).catch((error: unknown) => this.failed(error)))); // the next daemon tries again
    this.#stock.busy();
  }

  async #clear(name: string): Promise<void> {
    for (const path of [join('/', this.#room.cgroupParent, name), readTask(join(this.#root, name))?.cgroup]) {
      if (path) await new Cgroup(path).remove();
    }
    await removeTaskDirectory(join(this.#root, name));
  }

  /** Tasks are being made or removed: making spares can wait. */
  busy(): void {
    this.#stock.busy();
  }

  /** A spare that becomes the task of `record`, its directory too; undefined when none is at hand that can be. */
  take(directory: string, record: TaskRecord): HeldShim | undefined {
    const cgroup = new Cgroup(record.cgroup);
    if (dirname(cgroup.path) !== join('/', this.#room.cgroupParent)) return undefined;
    const spare = this.#stock.take();
    if (!spare) return undefined;
    spare.connection.socket.ref();
    const placed = this.#place(spare, { directory, cgroup, record });
    placed.catch(() => undefined); // who awaits it is told
    return { ...spare, placed };
  }

  async #place(spare: Spare, { directory, cgroup, record }: { directory: string; cgroup: Cgroup; record: TaskRecord }): Promise<void> {
    try {
      writeTask(spare.directory, record); // first: whoever finds this half-done knows both cgroups
      const renamed = spare.connection.request(FrameType.rename, { payload: encodeList(cgroup.renamesFrom(spare.cgroup)) });
      for (const part of await Promise.allSettled([renamed, cgroup.createV2()])) if (part.status === 'rejected') throw part.reason;
      renameSync(spare.directory, directory);
    } catch (error) {
      await this.discard(spare);
      throw error;
    }
  }

  /** Its shim may have been killed, its directory cleared by somebody: a crowd's many would fail as many starts. */
  isUsable({ connection, directory }: Spare): boolean {
    return connection.open && existsSync(directory);
  }

  underWay(): number {
    return this.#room.making.size;
  }

  /** Their seeds are processes below the parent of all containers: where that has a limit, they would be in the containers' way. */
  hasRoom(): boolean {
    const available = Number(/^MemAvailable: +(\d+) kB$/m.exec(readFileSync('/proc/meminfo', 'utf8'))?.[1]);
    const parent = new Cgroup(join('/', this.#room.cgroupParent)).directoryOf('pids');
    const limit = parent && tolerating(['ENOENT'], '', () => readFileSync(join(parent, 'pids.max'), 'utf8'));
    return available >= PLENTY && (!limit || limit.trim() === 'max');
  }

  /** A container is made without. */
  failed(error: unknown): void {
    this.#room.warn('spare', messageOf(error));
  }

  async make(): Promise<Spare> {
    const name = `spare-${process.pid}-${++this.#count}`;
    const directory = join(this.#root, name);
    const cgroup = new Cgroup(join('/', this.#room.cgroupParent, name));
    mkdirSync(directory, { mode: 0o700 });
    try {
      await cgroup.createV1();
      return { ...(await this.#plant(directory, cgroup)), directory, cgroup };
    } catch (error) {
      await undo((message) => this.#room.warn('spare', message), [() => cgroup.remove(), () => removeTaskDirectory(directory)]);
      throw error;
    }
  }

  /** A shim with its seed. What fails leaves no process. */
  async #plant(directory: string, cgroup: Cgroup): Promise<Omit<HeldShim, 'placed'>> {
    const events = taskEvents();
    const socket = await spawnShim(this.#room.image, directory, LABEL);
    socket.unref(); // a spare is no reason for a daemon to stay
    const connection = new ShimConnection(socket, events.handlers);
    try {
      const { tasks } = placementOf(cgroup, undefined);
      await connection.ready;
      await connection.request(FrameType.seed, { payload: encodePlan(compileSeed(tasks)) });
      return { connection, events, seeded: true };
    } catch (error) {
      connection[Symbol.dispose]();
      await events.ending(0);
      throw error;
    }
  }

  /** Its shim goes when the connection ends, and takes the seed along. What stays the next daemon clears. */
  async discard({ connection, events, cgroup, directory }: Spare): Promise<void> {
    try {
      connection[Symbol.dispose]();
      await events.ending(0);
      await cgroup.remove();
      await removeTaskDirectory(directory);
    } catch (error) {
      this.failed(error);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const awake = setInterval(() => undefined, 60_000); // spares' sockets keep no process alive, and this is to be finished
    try {
      await this.#stock[Symbol.asyncDispose]();
    } finally {
      clearInterval(awake);
    }
  }
}
