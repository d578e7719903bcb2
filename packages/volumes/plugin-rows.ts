import type { Database } from '#base';
import type { VolumeRecord } from './port.ts';

interface Row {
  readonly name: string;
  readonly record: string;
}

const migrations = [
  'CREATE TABLE plugin_volumes (name TEXT PRIMARY KEY, record TEXT NOT NULL) STRICT, WITHOUT ROWID',
  'CREATE TABLE plugin_volume_users (name TEXT NOT NULL, user TEXT NOT NULL, PRIMARY KEY (name, user)) STRICT, WITHOUT ROWID',
];

/** What is remembered of volumes that plugins keep: plugins know neither labels nor options. */
export class PluginVolumeRows {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
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

  /** Stored before the driver is asked: one that is killed in between gives back once too often. */
  hold(name: string, user: string): void {
    this.#db.run('INSERT OR REPLACE INTO plugin_volume_users VALUES (?, ?)', name, user);
  }

  letGo(name: string, user: string): void {
    this.#db.run('DELETE FROM plugin_volume_users WHERE name = ? AND user = ?', name, user);
  }

  holders(): { readonly name: string; readonly user: string }[] {
    return this.#db.all<{ name: string; user: string }>('SELECT name, user FROM plugin_volume_users');
  }

  delete(name: string): void {
    this.#db.run('DELETE FROM plugin_volume_users WHERE name = ?', name);
    this.#db.run('DELETE FROM plugin_volumes WHERE name = ?', name);
  }
}
