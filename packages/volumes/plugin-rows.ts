import type { Database } from '#base';
import { VolumeHolders } from './holders.ts';
import type { VolumeRecord } from './port.ts';

interface Row {
  readonly name: string;
  readonly record: string;
}

const users = 'plugin_volume_users';

const migrations = ['CREATE TABLE plugin_volumes (name TEXT PRIMARY KEY, record TEXT NOT NULL) STRICT, WITHOUT ROWID', VolumeHolders.schema(users)];

/** What is remembered of volumes that plugins keep: plugins know neither labels nor options. */
export class PluginVolumeRows {
  readonly holders: VolumeHolders;
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
    this.holders = new VolumeHolders(db, users);
    db.migrate('plugin-volumes', migrations);
  }

  find(name: string): VolumeRecord | undefined {
    const row = this.#db.get<Row>('SELECT * FROM plugin_volumes WHERE name = ?', name);
    return row && (JSON.parse(row.record) as VolumeRecord);
  }

  all(): VolumeRecord[] {
    return this.#db.all<Row>('SELECT * FROM plugin_volumes ORDER BY name').map(({ record }) => JSON.parse(record) as VolumeRecord);
  }

  /** Stores it anew or in place of what was there. */
  put(volume: VolumeRecord): VolumeRecord {
    this.#db.run('INSERT OR REPLACE INTO plugin_volumes VALUES (?, ?)', volume.name, JSON.stringify(volume));
    return volume;
  }

  delete(name: string): void {
    this.holders.forget(name);
    this.#db.run('DELETE FROM plugin_volumes WHERE name = ?', name);
  }
}
