import type { Database } from '#base';

/** A volume as the metadata store has it; its directory follows from its name. */
export interface VolumeRow {
  readonly name: string;
  readonly created: number;
  readonly labels: Record<string, string>;
  readonly options: Record<string, string>;
  readonly anonymous: boolean;
}

const migrations = [
  'CREATE TABLE volumes (name TEXT PRIMARY KEY, created INTEGER NOT NULL, labels TEXT NOT NULL, options TEXT NOT NULL, anonymous INTEGER NOT NULL) STRICT',
];

type Stored = { name: string; created: number; labels: string; options: string; anonymous: number };

export class VolumeStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
    db.migrate('volumes', migrations);
  }

  get(name: string): VolumeRow | undefined {
    const row = this.#db.get<Stored>('SELECT * FROM volumes WHERE name = ?', name);
    return row && rowOf(row);
  }

  /** By name. */
  list(): VolumeRow[] {
    return this.#db.all<Stored>('SELECT * FROM volumes ORDER BY name').map(rowOf);
  }

  insert(row: VolumeRow): void {
    const { name, created, labels, options, anonymous } = row;
    this.#db.run('INSERT INTO volumes VALUES (?, ?, ?, ?, ?)', name, created, JSON.stringify(labels), JSON.stringify(options), anonymous ? 1 : 0);
  }

  delete(name: string): void {
    this.#db.run('DELETE FROM volumes WHERE name = ?', name);
  }
}

function rowOf(row: Stored): VolumeRow {
  return {
    ...row,
    labels: JSON.parse(row.labels) as Record<string, string>,
    options: JSON.parse(row.options) as Record<string, string>,
    anonymous: row.anonymous === 1,
  };
}
