/**
 * The engine's containers. Beside it the supervisor keeps what runs. Held in memory, written through to the metadata
 * store.
 */
import { Conflict, InvalidArgument, NotFound, type Database } from '#base';
import type { HealthState } from './health-state.ts';
import type { ContainerRecord } from './record.ts';
import { parseLink } from './spec/parse-link.ts';

export type { ContainerRecord } from './record.ts';

export interface ContainerStore {
  get(id: string): ContainerRecord | undefined;
  /** By name, id, or unambiguous id prefix; throws NotFound (`No such container: x`), InvalidArgument when the prefix fits several. */
  find(nameOrId: string): ContainerRecord;
  /** Newest first. */
  list(): ContainerRecord[];
  /** Those that have a link to it. */
  parentsOf(id: string): ContainerRecord[];
  /** Keeps a name for a container on its way in; throws Conflict in Docker's words when it is taken. Disposal gives it back unless the container has it by then. */
  reserveName(name: string, id: string): Disposable;
  insert(record: ContainerRecord): void;
  /** Replaces fields; the record of that id must exist. A new name must have been reserved. */
  update(id: string, change: Partial<Omit<ContainerRecord, 'id'>>): ContainerRecord;
  /** How healthy it was when that was last known; undefined for one without a check. */
  healthOf(id: string): HealthState | undefined;
  /** Also for the next daemon; undefined forgets. */
  saveHealth(id: string, state: HealthState | undefined): void;
  /** Absent is fine. */
  delete(id: string): void;
}

const migrations = [
  'CREATE TABLE containers (id TEXT PRIMARY KEY, record TEXT NOT NULL) STRICT, WITHOUT ROWID',
  'ALTER TABLE containers ADD COLUMN health TEXT',
  // With row ids: records as long as these SQLite otherwise reads whole, one after another, to find one of them.
  `CREATE TABLE container_rows (id TEXT PRIMARY KEY, record TEXT NOT NULL, health TEXT) STRICT;
   INSERT INTO container_rows SELECT id, record, health FROM containers;
   DROP TABLE containers;
   ALTER TABLE container_rows RENAME TO containers`,
];

export function containerStore(db: Database): ContainerStore {
  db.migrate('containers', migrations);
  return new StoredContainers(db);
}

class StoredContainers implements ContainerStore {
  readonly #db: Database;
  readonly #records = new Map<string, ContainerRecord>();
  readonly #idOfName = new Map<string, string>();
  /** Who has a link to a container, by its id. */
  readonly #parents = new Map<string, Set<string>>();

  constructor(db: Database) {
    this.#db = db;
    for (const row of db.all<{ record: string }>('SELECT record FROM containers')) this.#remember(JSON.parse(row.record) as ContainerRecord);
  }

  get(id: string): ContainerRecord | undefined {
    return this.#records.get(id);
  }

  find(nameOrId: string): ContainerRecord {
    if (nameOrId === '') throw new InvalidArgument('invalid name or ID supplied: ""');
    const named = this.#idOfName.get(nameOrId.replace(/^\//, ''));
    const found = this.#records.get(nameOrId) ?? (named === undefined ? undefined : this.#records.get(named)) ?? this.#byLink(nameOrId) ?? this.#byPrefix(nameOrId);
    if (!found) throw new NotFound(`No such container: ${nameOrId}`);
    return found;
  }

  /** `parent/alias`. */
  #byLink(name: string): ContainerRecord | undefined {
    const [, parent = '', alias] = /^\/?([^/]+)\/([^/]+)$/.exec(name) ?? [];
    const id = this.#records.get(this.#idOfName.get(parent) ?? '')?.links.map(parseLink).find((link) => link.alias === alias)?.id;
    return id === undefined ? undefined : this.#records.get(id);
  }

  list(): ContainerRecord[] {
    return [...this.#records.values()].toSorted((a, b) => b.created - a.created);
  }

  parentsOf(id: string): ContainerRecord[] {
    return [...(this.#parents.get(id) ?? [])].flatMap((parent) => this.#records.get(parent) ?? []);
  }

  reserveName(name: string, id: string): Disposable {
    const holder = this.#idOfName.get(name);
    if (holder !== undefined) {
      throw new Conflict(
        `Conflict. The container name "/${name}" is already in use by container "${holder}". You have to remove (or rename) that container to be able to reuse that name.`,
      );
    }
    this.#idOfName.set(name, id);
    return {
      [Symbol.dispose]: () => {
        if (this.#records.get(id)?.name !== name && this.#idOfName.get(name) === id) this.#idOfName.delete(name);
      },
    };
  }

  insert(record: ContainerRecord): void {
    this.#db.run('INSERT INTO containers (id, record) VALUES (?, ?)', record.id, JSON.stringify(record));
    this.#remember(record);
  }

  update(id: string, change: Partial<Omit<ContainerRecord, 'id'>>): ContainerRecord {
    const before = this.#records.get(id);
    if (!before) throw new NotFound(`No such container: ${id}`);
    const record = { ...before, ...change };
    this.#db.run('UPDATE containers SET record = ? WHERE id = ?', JSON.stringify(record), id);
    if (before.name !== record.name) this.#idOfName.delete(before.name);
    if (before.links !== record.links) this.#forgetLinks(before);
    this.#remember(record);
    return record;
  }

  healthOf(id: string): HealthState | undefined {
    const row = this.#db.get<{ health: string | null }>('SELECT health FROM containers WHERE id = ?', id);
    return row?.health ? (JSON.parse(row.health) as HealthState) : undefined;
  }

  saveHealth(id: string, state: HealthState | undefined): void {
    this.#db.run('UPDATE containers SET health = ? WHERE id = ?', state ? JSON.stringify(state) : null, id);
  }

  delete(id: string): void {
    const record = this.#records.get(id);
    if (!record) return;
    this.#db.run('DELETE FROM containers WHERE id = ?', id);
    this.#records.delete(id);
    this.#idOfName.delete(record.name);
    this.#forgetLinks(record);
  }

  #remember(record: ContainerRecord): void {
    this.#records.set(record.id, record);
    this.#idOfName.set(record.name, record.id);
    for (const child of childrenOf(record)) this.#parents.set(child, (this.#parents.get(child) ?? new Set()).add(record.id));
  }

  #forgetLinks(record: ContainerRecord): void {
    for (const child of childrenOf(record)) {
      const parents = this.#parents.get(child);
      parents?.delete(record.id);
      if (parents?.size === 0) this.#parents.delete(child);
    }
  }

  #byPrefix(prefix: string): ContainerRecord | undefined {
    if (prefix === '') return undefined;
    const matches = [...this.#records.keys()].filter((id) => id.startsWith(prefix));
    if (matches.length > 1) throw new InvalidArgument(`multiple IDs found with provided prefix: ${prefix}`);
    return this.#records.get(matches[0] ?? '');
  }
}

function childrenOf({ links }: ContainerRecord): string[] {
  return links.map((link) => parseLink(link).id);
}
