/**
 * The overlay driver, by the name that Docker gave it: overlay2.
 *
 * Layout, with short names since many of them go into one mount:
 *   <root>/<n>/fs     what the snapshot itself adds: overlay's upper directory, or a lower one once committed
 *   <root>/<n>/work   overlay's work directory; committed snapshots and views have none
 *
 * A directory is made before its row and removed after it; `recover` deletes directories without a row. The limit of a
 * sized snapshot is a project quota on <n>, lifted before the directory goes: see DirectoryQuotas.
 */
import { chmodSync, chownSync, lstatSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Conflict, Internal, InvalidArgument, NotFound, type Database } from '#base';
import { directoryQuotas, makeTopDirectory, removeTree, removeTreeLater, treeUsage, type DirectoryQuotas } from '#kernel';
import type { Change, Mount, PrepareOptions, SnapshotInfo, SnapshotKind, Snapshotter } from '../port.ts';
import { pool } from '../pool.ts';
import { overlayMounts } from './mounts.ts';
import { infoOf, SnapshotRows, type SnapshotRow } from './rows.ts';
import { overlayStatus } from './status.ts';

/** Kernel's OVL_MAX_STACK. */
const deepest = 500;

interface RootAttributes {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

const plainRoot: RootAttributes = { mode: 0o755, uid: 0, gid: 0 };

export interface OverlayOptions {
  readonly db: Database;
  readonly root: string;
  /** For tests: those of `root`. */
  readonly quotas?: DirectoryQuotas;
}

/** Opens the driver on `root`, which is made when missing. Throws InvalidArgument for a path that mount options cannot hold. */
export function overlaySnapshotter({ db, root, quotas }: OverlayOptions): Snapshotter {
  if (/[:,\\]/.test(root)) throw new InvalidArgument(`the data root ${root} must not contain ':', ',' or a backslash`);
  makeTopDirectory(root, 0o710);
  return new OverlaySnapshotter(new SnapshotRows(db), root, quotas ?? directoryQuotas(root));
}

class OverlaySnapshotter implements Snapshotter {
  readonly driver = 'overlay2';
  readonly #rows: SnapshotRows;
  readonly #root: string;
  readonly #quotas: DirectoryQuotas | undefined;
  #lastId: number;
  /** Directories of a committed snapshot and everything below it, topmost first; it never changes. */
  readonly #chains = new Map<number, readonly string[]>();
  /** Attributes of committed snapshots' root directories, which do not change either. */
  readonly #roots = new Map<string, RootAttributes>();

  constructor(rows: SnapshotRows, root: string, quotas: DirectoryQuotas | undefined) {
    this.#rows = rows;
    this.#root = root;
    this.#quotas = quotas;
    this.#lastId = Math.max(rows.largestId(), ...directoriesIn(root));
  }

  status(): [string, string][] {
    return overlayStatus(this.#root);
  }

  stat(key: string): SnapshotInfo | undefined {
    const row = this.#rows.find(key);
    return row && infoOf(row);
  }

  list(): SnapshotInfo[] {
    return this.#rows.all().map(infoOf);
  }

  async prepare(key: string, parent: string | undefined, options: PrepareOptions = {}): Promise<Mount[]> {
    return this.#mountsOf(this.#make(key, 'active', parent, options));
  }

  async view(key: string, parent: string | undefined): Promise<Mount[]> {
    return this.#mountsOf(this.#make(key, 'view', parent, {}));
  }

  mounts(key: string): Mount[] {
    const row = this.#get(key);
    if (row.kind === 'committed') throw new Conflict(`snapshot ${key} is committed and cannot be mounted: make a view of it`);
    return this.#mountsOf(row);
  }

  upperPath(key: string): string {
    const row = this.#get(key);
    if (row.kind !== 'active') throw new Conflict(`snapshot ${key} is not active`);
    return this.#fs(row.id);
  }

  lowerPaths(key: string): string[] {
    const row = this.#get(key);
    const below = row.parent === null ? [] : this.#chain(row.parent);
    return row.kind === 'view' ? [...below] : [this.#fs(row.id), ...below];
  }

  async commit(name: string, key: string): Promise<void> {
    const row = this.#get(key);
    if (row.kind !== 'active') throw new Conflict(`snapshot ${key} is not active`);
    await removeTree(this.#work(row.id));
    if (this.#rows.find(name)) return this.remove(key); // who unpacked the same beside it was first
    this.#rows.commit(row, name);
  }

  async remove(key: string): Promise<void> {
    const row = this.#rows.find(key);
    if (!row) return;
    if (this.#rows.hasChildren(row.id)) throw new Conflict(`snapshot ${key} has children`);
    this.#rows.delete(row);
    this.#chains.delete(row.id);
    this.#roots.delete(this.#fs(row.id));
    this.#quotas?.lift(this.#directory(row.id));
    // Its number is never given again, and a directory without a row goes at the next start: nobody needs to wait.
    removeTreeLater(this.#directory(row.id), (error) => process.emitWarning(`snapshot ${key}: ${String(error)}`));
  }

  async usage(key: string): Promise<{ bytes: number; inodes: number }> {
    const row = this.#get(key);
    const known = this.#rows.usage(row.id);
    if (known) return known;
    if (row.kind === 'view') return { bytes: 0, inodes: 0 };
    const usage = await treeUsage(this.#fs(row.id));
    if (row.kind === 'committed') this.#rows.setUsage(row.id, usage);
    return usage;
  }

  async changes(key: string): Promise<Change[]> {
    const row = this.#get(key);
    if (row.kind === 'view') return [];
    return pool.run('changes', { upper: this.#fs(row.id), lowers: row.parent === null ? [] : this.#chain(row.parent) });
  }

  async recover(): Promise<void> {
    const known = new Set(this.#rows.all().map((row) => row.id));
    const strays = directoriesIn(this.#root).filter((id) => !known.has(id));
    await Promise.all(strays.map((id) => {
      this.#quotas?.lift(this.#directory(id));
      return removeTree(this.#directory(id));
    }));
  }

  /** Directory, then row. Nothing here waits, so that two calls cannot come between each other. */
  #make(key: string, kind: SnapshotKind, parent: string | undefined, { volatile = false, size }: PrepareOptions): SnapshotRow {
    if (size !== undefined && !this.#quotas) throw new Internal("--storage-opt is supported only for overlay over xfs with 'pquota' mount option");
    const base = parent === undefined ? undefined : this.#rows.find(parent);
    if (parent !== undefined && base?.kind !== 'committed') throw new NotFound(`parent snapshot ${parent} does not exist`);
    if (this.#rows.find(key)) throw new Conflict(`snapshot ${key} already exists`);
    const chain = base ? this.#chain(base.id) : [];
    if (chain.length >= deepest) throw new InvalidArgument('max depth exceeded');
    const id = ++this.#lastId;
    const row = { id, key, kind, parent: base?.id ?? null, parentKey: base?.key ?? null, created: Date.now(), volatile: volatile ? 1 : 0 };
    mkdirSync(this.#directory(id), 0o700);
    if (size) this.#limit(id, size);
    if (kind === 'active' || !base) this.#makeRootLike(chain[0], this.#fs(id));
    if (kind === 'active') mkdirSync(this.#work(id), 0o700);
    this.#rows.insert(row);
    return row;
  }

  /** Before anything is in it: what is made in a limited directory is counted from then on. */
  #limit(id: number, size: number): void {
    try {
      this.#quotas?.limit(this.#directory(id), size);
    } catch (error) {
      this.#quotas?.lift(this.#directory(id));
      rmSync(this.#directory(id), { recursive: true });
      throw error;
    }
  }

  /** The merged root directory shows the upper one's owner and mode, so those of the layer below are carried on. */
  #makeRootLike(lower: string | undefined, path: string): void {
    const { mode, uid, gid } = lower === undefined ? plainRoot : this.#rootOf(lower);
    mkdirSync(path, mode);
    if (mode !== 0o755) chmodSync(path, mode); // The umask may have taken bits away.
    if (uid !== 0 || gid !== 0) chownSync(path, uid, gid);
  }

  #rootOf(lower: string): RootAttributes {
    let known = this.#roots.get(lower);
    if (!known) {
      const { mode, uid, gid } = lstatSync(lower);
      const self = process.getuid?.() ?? 0;
      known = { mode: mode & 0o7777, ...(self === 0 ? { uid, gid } : { uid: 0, gid: 0 }) };
      this.#roots.set(lower, known);
    }
    return known;
  }

  #mountsOf(row: SnapshotRow): Mount[] {
    const chain = row.parent === null ? [] : this.#chain(row.parent);
    if (row.kind === 'view') return overlayMounts(undefined, chain.length > 0 ? chain : [this.#fs(row.id)]);
    if (row.volatile) forgetVolatileMount(this.#work(row.id));
    return overlayMounts({ upper: this.#fs(row.id), work: this.#work(row.id) }, chain, { volatile: row.volatile === 1 });
  }

  #chain(id: number): readonly string[] {
    const known = this.#chains.get(id);
    if (known) return known;
    const paths: string[] = [];
    for (let row = this.#rows.byId(id); row; row = row.parent === null ? undefined : this.#rows.byId(row.parent)) paths.push(this.#fs(row.id));
    this.#chains.set(id, paths);
    return paths;
  }

  #get(key: string): SnapshotRow {
    const row = this.#rows.find(key);
    if (!row) throw new NotFound(`snapshot ${key} does not exist`);
    return row;
  }

  #directory(id: number): string {
    return join(this.#root, String(id));
  }

  #fs(id: number): string {
    return join(this.#root, String(id), 'fs');
  }

  #work(id: number): string {
    return join(this.#root, String(id), 'work');
  }
}

function directoriesIn(root: string): number[] {
  return readdirSync(root).filter((name) => /^[0-9]+$/.test(name)).map(Number);
}

/** A volatile mount leaves a mark that forbids mounting again, in case the host crashed; whoever asks for the mounts again accepts that. */
function forgetVolatileMount(work: string): void {
  rmSync(join(work, 'work/incompat'), { recursive: true, force: true });
}
