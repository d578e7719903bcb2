/**
 * The local driver. Layout, as Docker's:
 *   <root>/<name>/_data        what containers see
 *   <root>/.removing-<random>  a volume on its way out: its name is free again
 *
 * A volume is data, so recovery never deletes one that it does not know: a directory without a row becomes a volume
 * again. What was being removed has been renamed first, and goes. The limit of a sized volume is a project quota on its
 * _data, lifted before it is renamed: see DirectoryQuotas.
 */
import { lookup } from 'node:dns/promises';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type Database, Internal, lookupComplaint, messageOf, NotFound, quote, tolerating } from '#base';
import { directoryQuotas, removeTree, treeUsage, type DirectoryQuotas } from '#kernel';
import type { Holder } from './holders.ts';
import { anonymousName, checkVolumeName, isVolumeName } from './name.ts';
import { checkVolumeOptions, hostToResolve, mountOfOptions, sizeOf, type VolumeOptions } from './options.ts';
import type { CreateVolume, VolumeRecord, Volumes } from './port.ts';
import { VolumeRows } from './rows.ts';
import { isMemory, SharedMemory } from './shared-memory.ts';

const removing = '.removing-';
/** Docker's mark of a volume that nobody named. */
const anonymousLabel = 'com.docker.volume.anonymous';

export interface LocalOptions {
  readonly db: Database;
  readonly root: string;
  /** For tests: those of `root`. */
  readonly quotas?: DirectoryQuotas;
}

/** Opens the driver on `root`, which is made when missing. Call `recover` once before anything else. */
export function localVolumes({ db, root, quotas }: LocalOptions): Volumes {
  mkdirSync(root, { recursive: true, mode: 0o701 });
  return new LocalVolumes(db, root, quotas ?? directoryQuotas(root));
}

class LocalVolumes implements Volumes {
  readonly #rows: VolumeRows;
  readonly #root: string;
  readonly #memory: SharedMemory;
  readonly #quotas: DirectoryQuotas | undefined;
  /** What host names of network file systems were resolved to. */
  readonly #addresses = new Map<string, string>();

  constructor(db: Database, root: string, quotas: DirectoryQuotas | undefined) {
    this.#root = root;
    this.#quotas = quotas;
    this.#memory = new SharedMemory(db);
    this.#rows = new VolumeRows(db, (name) => join(root, name, '_data'));
  }

  async create({ name, driver = 'local', labels = null, options = null }: CreateVolume): Promise<VolumeRecord> {
    const anonymous = name === '';
    const wanted = anonymous ? anonymousName() : name;
    const existing = this.#rows.find(wanted);
    if (driver !== 'local') throw new NotFound(`create ${wanted}: error looking up volume plugin ${driver}: plugin ${quote(driver)} not found`);
    if (existing) return existing;
    checkVolumeName(wanted);
    checkVolumeOptions(wanted, options ?? {}, this.#quotas !== undefined);
    return this.#make({ name: wanted, labels: anonymous ? { ...labels, [anonymousLabel]: '' } : labels, options, anonymous: anonymous || (labels !== null && anonymousLabel in labels) });
  }

  find(name: string): VolumeRecord {
    const volume = this.#rows.find(name);
    if (!volume) throw new NotFound(`get ${name}: no such volume`);
    return volume;
  }

  list(): VolumeRecord[] {
    return this.#rows.all();
  }

  async look(name: string): Promise<VolumeRecord> {
    return this.find(name);
  }

  async lookAll(): Promise<{ volumes: VolumeRecord[]; warnings: string[] }> {
    return { volumes: this.list(), warnings: [] };
  }

  async acquire(name: string, user: string): Promise<void> {
    const volume = this.find(name);
    if (isMemory(volume)) return this.#memory.acquire(volume, user);
    try {
      this.#limit(volume); // files may have been moved to another file system since, whose limits are its own
      await this.#resolve(volume.options ?? {});
    } catch (error) {
      throw new Internal(`error while mounting volume '${volume.mountpoint}': ${messageOf(error)}`, { cause: error });
    }
  }

  async release(name: string, user: string): Promise<void> {
    const volume = this.#rows.find(name);
    if (volume && isMemory(volume)) this.#memory.release(volume, user);
  }

  acquired(): Holder[] {
    return this.#memory.held();
  }

  async remove(name: string): Promise<void> {
    const volume = this.find(name);
    if (isMemory(volume)) this.#memory.drop(volume);
    if (sizeOf(volume.options ?? {}) > 0) this.#quotas?.lift(volume.mountpoint);
    const doomed = join(this.#root, removing + randomBytes(8).toString('hex'));
    renameUnlessGone(join(this.#root, name), doomed);
    this.#rows.delete(name);
    await removeTree(doomed);
  }

  mount(name: string): { type: string; source: string; options: string[] } {
    const { mountpoint, ...volume } = this.find(name);
    const options = volume.options ?? {};
    const own = isMemory({ options }) ? undefined : mountOfOptions(options, (host) => this.#addresses.get(host) ?? host);
    return own ?? { type: 'bind', source: mountpoint, options: ['rbind'] };
  }

  async usage(name: string): Promise<number> {
    return (await treeUsage(this.find(name).mountpoint)).bytes;
  }

  async recover(): Promise<void> {
    const known = new Map(this.#rows.all().map((volume) => [volume.name, volume]));
    for (const entry of readdirSync(this.#root, { withFileTypes: true })) {
      if (entry.name.startsWith(removing)) await removeTree(join(this.#root, entry.name));
      else if (entry.isDirectory() && isVolumeName(entry.name) && !known.has(entry.name)) this.#adopt(entry.name);
    }
    for (const volume of known.values()) {
      if (!existsSync(join(this.#root, volume.name))) this.#rows.delete(volume.name);
    }
  }

  /** Directory, then row. */
  #make(volume: Pick<VolumeRecord, 'name' | 'labels' | 'options' | 'anonymous'>): VolumeRecord {
    mkdirSync(join(this.#root, volume.name), { mode: 0o701, recursive: true });
    const mountpoint = join(this.#root, volume.name, '_data');
    mkdirSync(mountpoint, { mode: 0o755, recursive: true });
    try {
      this.#limit({ options: volume.options, mountpoint });
    } catch (error) {
      rmSync(join(this.#root, volume.name), { recursive: true }); // or it would become a volume at the next start
      throw error;
    }
    this.#rows.insert({ ...volume, created: Date.now() });
    return this.find(volume.name);
  }

  #limit({ options, mountpoint }: Pick<VolumeRecord, 'options' | 'mountpoint'>): void {
    const size = sizeOf(options ?? {});
    if (size === 0) return;
    if (!this.#quotas) throw new Internal('size quota requested for volume but no quota support');
    this.#quotas.limit(mountpoint, size);
  }

  #adopt(name: string): void {
    const created = Math.trunc(statSync(join(this.#root, name)).ctimeMs);
    const mountpoint = join(this.#root, name, '_data');
    mkdirSync(mountpoint, { mode: 0o755, recursive: true });
    const size = this.#quotas?.limitOf(mountpoint) ?? 0;
    this.#rows.insert({ name, created, labels: null, options: size > 0 ? { size: String(size) } : null, anonymous: /^[0-9a-f]{64}$/.test(name) });
  }

  /** Anew for every run: a server may have moved. Throws Internal in Docker's words. */
  async #resolve(options: VolumeOptions): Promise<void> {
    const host = hostToResolve(options);
    if (host === undefined) return;
    try {
      const { address } = await lookup(host, { family: 4 });
      this.#addresses.set(host, address);
    } catch (error) {
      throw new Internal(`error resolving passed in network volume address: ${lookupComplaint(error, host)}`, { cause: error });
    }
  }
}

/** Somebody may have deleted the directory by hand: the volume can be removed all the same. */
function renameUnlessGone(from: string, to: string): void {
  tolerating(['ENOENT'], undefined, () => renameSync(from, to));
}
