import type { Database } from '#base';
import type { VolumeRecord } from './port.ts';

interface Row {
  readonly name: string;
  readonly created: number;
  readonly labels: string;
  readonly options: string;
  readonly anonymous: number;
}

const migrations = [
  `CREATE TABLE volumes (
     name TEXT PRIMARY KEY,
     created INTEGER NOT NULL,
     labels TEXT NOT NULL,
     options TEXT NOT NULL,
     anonymous INTEGER NOT NULL
   ) STRICT`,
  // Before, none were written as empty ones were.
  `UPDATE volumes SET labels = CASE labels WHEN '{}' THEN 'null' ELSE labels END, options = CASE options WHEN '{}' THEN 'null' ELSE options END`,
];

/** The local driver's table; labels and options as JSON. */
export class VolumeRows {
  readonly #db: Database;
  readonly #mountpoint: (name: string) => string;

  constructor(db: Database, mountpoint: (name: string) => string) {
    this.#db = db;
    this.#mountpoint = mountpoint;
    db.migrate('volumes', migrations);
  }

  find(name: string): VolumeRecord | undefined {
    const row = this.#db.get<Row>('SELECT * FROM volumes WHERE name = ?', name);
    return row && this.#record(row);
  }

  all(): VolumeRecord[] {
    return this.#db.all<Row>('SELECT * FROM volumes ORDER BY name').map((row) => this.#record(row));
  }

  insert({ name, created, labels, options, anonymous }: Omit<VolumeRecord, 'mountpoint' | 'driver'>): void {
    this.#db.run('INSERT INTO volumes VALUES (?, ?, ?, ?, ?)', name, created, JSON.stringify(labels), JSON.stringify(options), anonymous ? 1 : 0);
  }

  delete(name: string): void {
    this.#db.run('DELETE FROM volumes WHERE name = ?', name);
  }

  #record({ name, created, labels, options, anonymous }: Row): VolumeRecord {
    return {
      name,
      driver: 'local',
      mountpoint: this.#mountpoint(name),
      created,
      labels: JSON.parse(labels) as VolumeRecord['labels'],
      options: JSON.parse(options) as VolumeRecord['options'],
      anonymous: anonymous === 1,
    };
  }
}
