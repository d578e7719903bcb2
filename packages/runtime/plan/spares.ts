/**
 * Shims that wait for a container: spawned, with a seed in a v1 cgroup of its own. Taking one renames its directory and
 * its cgroup to the container's; another is made a moment later, when the container that took it has had its start.
 *
 * A spare whose daemon dies sees its only connection end and goes. The directory and the empty cgroup that it leaves are
 * cleared by the next daemon.
 */
import { mkdirSync, readdirSync, renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { messageOf } from '#base';
import { Cgroup, makeTopDirectory } from '#kernel';
import { encodePlan, FrameType, ShimConnection, type ShimImage, spawnShim } from '#shim';
import { compileSeed } from '../compile/seed.ts';
import { undo } from '../undo.ts';
import { readTask, removeTaskDirectory, writeTask, type TaskRecord } from './layout.ts';
import { placementOf } from './placement.ts';
import { taskEvents, type TaskEvents } from './events.ts';

/** Milliseconds without work until a spare is made: it is to be in nobody's way. */
const PAUSE = 10;
/** Room for a container's id in the shim's argv. */
const LABEL = '-'.repeat(64);

/** What it needs of the runtime. */
interface SpareRoom {
  readonly image: ShimImage;
  readonly cgroupParent: string;
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

export class Spares implements AsyncDisposable {
  readonly #room: SpareRoom;
  readonly #root: string;
  #wanted: number;
  readonly #ready: Spare[] = [];
  #count = 0;
  #timer: NodeJS.Timeout | undefined;
  readonly #refills = new Set<Promise<void>>();

  /** Keeps `wanted` spares below `root`; none where there is no v1 hierarchy to enter. */
  constructor(room: SpareRoom, root: string, wanted: number) {
    this.#room = room;
    this.#root = root;
    this.#wanted = new Cgroup('/').layout.v1.length > 0 ? wanted : 0;
  }

  /** Clears what an earlier daemon left, then makes the first spares. */
  async begin(): Promise<void> {
    makeTopDirectory(this.#root, 0o700);
    for (const name of readdirSync(this.#root)) {
      await this.#clear(name).catch((error: unknown) => this.#room.warn('spare', messageOf(error))); // the next daemon tries again
    }
    if (this.#wanted > 0) this.#refillLater();
  }

  async #clear(name: string): Promise<void> {
    for (const path of [join('/', this.#room.cgroupParent, name), readTask(join(this.#root, name))?.cgroup]) {
      if (path) await new Cgroup(path).remove();
    }
    await removeTaskDirectory(join(this.#root, name));
  }

  /** Tasks are being made or removed: making spares can wait. */
  busy(): void {
    if (this.#timer) this.#timer.refresh();
    else if (this.#ready.length < this.#wanted) this.#refillLater();
  }

  /** A spare that becomes the task of `record`, its directory too; undefined when none is at hand that can be. */
  take(directory: string, record: TaskRecord): HeldShim | undefined {
    const cgroup = new Cgroup(record.cgroup);
    if (dirname(cgroup.path) !== join('/', this.#room.cgroupParent)) return undefined;
    const spare = this.#ready.shift();
    if (!spare?.connection.open) {
      if (spare) this.#begin(this.#giveUp(spare));
      return undefined;
    }
    spare.connection.socket.ref();
    const placed = this.#place(spare, { directory, cgroup, record });
    placed.catch(() => undefined); // who awaits it is told
    return { ...spare, placed };
  }

  async #place(spare: Spare, { directory, cgroup, record }: { directory: string; cgroup: Cgroup; record: TaskRecord }): Promise<void> {
    try {
      writeTask(spare.directory, record); // first: whoever finds this half-done knows both cgroups
      await cgroup.createFrom(spare.cgroup);
      renameSync(spare.directory, directory);
    } catch (error) {
      await this.#giveUp(spare);
      throw error;
    }
  }

  async #giveUp(spare: Spare): Promise<void> {
    await discard(spare).catch((error: unknown) => this.#room.warn('spare', messageOf(error))); // the next daemon tries again
  }

  #refillLater(): void {
    this.#timer = setTimeout(() => this.#begin(this.#refill()), PAUSE).unref();
  }

  /** Two may be under way: tasks come and go while one is made. */
  #begin(work: Promise<void>): void {
    const tracked = work.finally(() => this.#refills.delete(tracked));
    this.#refills.add(tracked);
  }

  async #refill(): Promise<void> {
    this.#timer = undefined;
    const spare = await this.#make().catch((error: unknown) => this.#failed(error));
    if (spare) this.#ready.push(spare);
    if (spare && this.#ready.length < this.#wanted && !this.#timer) this.#refillLater();
  }

  /** There is one fewer; a container is made without. */
  #failed(error: unknown): undefined {
    this.#room.warn('spare', messageOf(error));
    return undefined;
  }

  async #make(): Promise<Spare> {
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

  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.#timer);
    this.#wanted = 0;
    const awake = setInterval(() => undefined, 60_000); // spares' sockets keep no process alive, and this is to be finished
    try {
      await Promise.all(this.#refills);
      for (const spare of this.#ready.splice(0)) await discard(spare);
    } finally {
      clearInterval(awake);
    }
  }
}

/** Its shim goes when the connection ends, and takes the seed along. */
async function discard({ connection, events, cgroup, directory }: Spare): Promise<void> {
  connection[Symbol.dispose]();
  await events.ending(0);
  await cgroup.remove();
  await removeTaskDirectory(directory);
}
