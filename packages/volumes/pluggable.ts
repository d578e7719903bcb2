/**
 * Volumes of every driver behind one port: the local ones, and those that plugins keep (`docker volume create -d NAME`).
 * Names are unique over all of them. A plugin is asked for its volumes when somebody looks, and for their files for as
 * long as a container runs on them.
 */
import { Conflict, Internal, isKind, KeyedLock, messageOf, NotFound, type Database } from '#base';
import { PLUGIN_MAY_COME, type Plugins } from '#plugins';
import type { Holder } from './holders.ts';
import { anonymousName } from './name.ts';
import { PluginDriver, type PluginVolume } from './plugin-driver.ts';
import { PluginVolumeRows } from './plugin-rows.ts';
import type { CreateVolume, VolumeRecord, Volumes } from './port.ts';

const capability = 'VolumeDriver';

/** Puts plugins beside the local driver. */
export function pluggableVolumes({ db, local, plugins }: { db: Database; local: Volumes; plugins: Plugins }): Volumes {
  return new PluggableVolumes(db, local, plugins);
}

class PluggableVolumes implements Volumes {
  readonly #rows: PluginVolumeRows;
  readonly #local: Volumes;
  readonly #plugins: Plugins;
  readonly #scopes = new Map<string, 'local' | 'global'>();
  /** A run's unmount comes before the next one's mount, and before a removal. */
  readonly #lock = new KeyedLock();

  constructor(db: Database, local: Volumes, plugins: Plugins) {
    this.#rows = new PluginVolumeRows(db);
    this.#local = local;
    this.#plugins = plugins;
  }

  async create(request: CreateVolume): Promise<VolumeRecord> {
    const { name, driver = 'local', labels = null, options = null } = request;
    const existing = await this.#kept(name);
    if (existing) return this.#asAskedFor(existing, request.driver);
    if (driver === 'local' || (name !== '' && isThere(this.#local, name))) return this.#local.create(request);
    const given = { labels, options, anonymous: name === '' };
    return name === '' ? this.#make(anonymousName(), driver, given) : this.#lock.run(name, async () => this.#rows.find(name) ?? this.#make(name, driver, given));
  }

  find(name: string): VolumeRecord {
    return this.#rows.find(name) ?? this.#local.find(name);
  }

  list(): VolumeRecord[] {
    return [...this.#local.list(), ...this.#rows.all()];
  }

  async look(name: string): Promise<VolumeRecord> {
    const row = this.#rows.find(name);
    if (!row && isThere(this.#local, name)) return this.#local.find(name);
    for (const driver of row ? [row.driver] : await this.#drivers()) {
      const seen = await this.#ask(`get ${name}`, driver, (plugin) => plugin.get(name)).catch((error: unknown) => {
        if (row) throw error;
      });
      if (seen) return merge(row ?? unknown(name, driver), seen);
    }
    throw new NotFound(`get ${name}: no such volume`);
  }

  async lookAll(): Promise<{ volumes: VolumeRecord[]; warnings: string[] }> {
    const volumes = new Map(this.list().map((volume) => [volume.name, volume]));
    const warnings: string[] = [];
    for (const driver of await this.#drivers()) {
      try {
        const plugin = await this.#driver(driver);
        for (const seen of await plugin.list()) volumes.set(seen.Name, merge(volumes.get(seen.Name) ?? unknown(seen.Name, driver), seen));
      } catch (error) {
        warnings.push(`list ${driver}: ${messageOf(error)}`);
      }
    }
    return { volumes: [...volumes.values()], warnings };
  }

  async remove(name: string): Promise<void> {
    const row = this.#rows.find(name);
    if (!row && isThere(this.#local, name)) return this.#local.remove(name);
    const { driver } = row ?? (await this.look(name));
    await this.#lock.run(name, async () => {
      await this.#ask(`remove ${name}`, driver, (plugin) => plugin.remove(name));
      this.#rows.delete(name);
    });
  }

  mount(name: string): { type: string; source: string; options: string[] } {
    const row = this.#rows.find(name);
    if (!row) return this.#local.mount(name);
    if (row.mountpoint === '') throw new Internal(`error while mounting volume '${name}': its driver ${row.driver} told no mountpoint`);
    return { type: 'bind', source: row.mountpoint, options: ['rbind'] };
  }

  async acquire(name: string, user: string): Promise<void> {
    const row = this.#rows.find(name);
    if (!row) return this.#local.acquire(name, user);
    await this.#lock.run(name, async () => {
      this.#rows.holders.hold(name, user);
      try {
        const mountpoint = await this.#ask(`error while mounting volume '${row.mountpoint}'`, row.driver, (plugin) => plugin.mount(name, user), PLUGIN_MAY_COME);
        this.#rows.put({ ...row, mountpoint });
      } catch (error) {
        this.#rows.holders.letGo(name, user);
        throw error;
      }
    });
  }

  async release(name: string, user: string): Promise<void> {
    const row = this.#rows.find(name);
    if (!row) return this.#local.release(name, user);
    await this.#lock.run(name, async () => {
      if (!this.#rows.holders.holds(name, user)) return;
      await this.#ask(`unmount ${name}`, row.driver, (plugin) => plugin.unmount(name, user));
      this.#rows.holders.letGo(name, user);
    });
  }

  acquired(): Holder[] {
    return [...this.#local.acquired(), ...this.#rows.holders.all()];
  }

  /** Plugins do not tell. */
  async usage(name: string): Promise<number> {
    return this.#rows.find(name) ? -1 : this.#local.usage(name);
  }

  recover(): Promise<void> {
    return this.#local.recover();
  }

  /** There is one of the name already. Throws Conflict when the caller wants one of another driver, NotFound when there is no such driver. */
  async #asAskedFor(existing: VolumeRecord, driver: string | undefined): Promise<VolumeRecord> {
    if (driver === undefined || driver === existing.driver) return existing;
    const { name } = existing;
    if (driver !== 'local') await this.#ask(`create ${name}`, driver, async () => {});
    throw new Conflict(`create ${name}: driver '${existing.driver}' already has volume '${name}': volume name must be unique`);
  }

  /** A volume that its plugin has lost is forgotten, and its name free; a plugin that cannot be asked has lost nothing. */
  async #kept(name: string): Promise<VolumeRecord | undefined> {
    const row = this.#rows.find(name);
    const plugin = row && (await this.#driver(row.driver).catch(() => undefined));
    if (!plugin) return row;
    const lost = await plugin.get(name).then((there) => !there, (error: unknown) => isKind(error, 'Internal'));
    if (!lost) return row;
    this.#rows.delete(name);
    return undefined;
  }

  /** Asked once for each driver. */
  async #scope(driver: string, plugin: PluginDriver): Promise<'local' | 'global'> {
    const known = this.#scopes.get(driver) ?? (await plugin.scope());
    this.#scopes.set(driver, known);
    return known;
  }

  /** A volume that the plugin has already is taken as it is. */
  async #make(name: string, driver: string, given: Pick<VolumeRecord, 'labels' | 'options' | 'anonymous'>): Promise<VolumeRecord> {
    return this.#ask(`create ${name}`, driver, async (plugin) => {
      const there = await plugin.get(name).catch(() => undefined);
      if (!there) await plugin.create(name, given.options ?? {});
      const mountpoint = there?.Mountpoint ?? (await plugin.path(name));
      return this.#rows.put({ name, driver, mountpoint, created: Date.now(), ...given, scope: await this.#scope(driver, plugin) });
    }, PLUGIN_MAY_COME);
  }

  /** Milliseconds `awaited` for one that is not there. */
  async #driver(name: string, awaited = 0): Promise<PluginDriver> {
    try {
      return new PluginDriver(await this.#plugins.get(name, capability, { awaited }));
    } catch (error) {
      const message = `error looking up volume plugin ${name}: ${messageOf(error)}`;
      throw isKind(error, 'NotFound') ? new NotFound(message, { cause: error }) : new Internal(message, { cause: error });
    }
  }

  /** Calls a plugin; what it throws is told as a failure of `what`. */
  async #ask<T>(what: string, driver: string, call: (plugin: PluginDriver) => Promise<T>, awaited = 0): Promise<T> {
    try {
      return await call(await this.#driver(driver, awaited));
    } catch (error) {
      const message = `${what}: ${messageOf(error)}`;
      throw isKind(error, 'NotFound') ? new NotFound(message, { cause: error }) : new Internal(message, { cause: error });
    }
  }

  /** Names of the plugins that can be found and keep volumes. */
  async #drivers(): Promise<string[]> {
    await Promise.all(this.#plugins.names().map((name) => this.#plugins.get(name, capability, { once: true }).catch(() => undefined)));
    return this.#plugins.active(capability);
  }
}

function isThere(volumes: Volumes, name: string): boolean {
  return volumes.list().some((volume) => volume.name === name);
}

/** A volume that only its plugin knows. */
function unknown(name: string, driver: string): VolumeRecord {
  return { name, driver, mountpoint: '', created: 0, labels: null, options: null, anonymous: false };
}

function merge(volume: VolumeRecord, { Mountpoint, CreatedAt, Status }: PluginVolume): VolumeRecord {
  const created = CreatedAt === undefined ? NaN : Date.parse(CreatedAt);
  return { ...volume, mountpoint: Mountpoint ?? volume.mountpoint, created: Number.isNaN(created) ? volume.created : created, ...(Status && { status: Status }) };
}
