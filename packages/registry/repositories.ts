import { isDigest } from '#base';
import type { Database, Digest } from '#base';
import type { ManifestRecord, RepositoryIndex } from './port.ts';

const migrations = [
  `CREATE TABLE registry_blobs (
     repository TEXT NOT NULL, digest TEXT NOT NULL, linked INTEGER NOT NULL, PRIMARY KEY (repository, digest)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE registry_manifests (
     repository TEXT NOT NULL, digest TEXT NOT NULL, subject TEXT, record TEXT NOT NULL, PRIMARY KEY (repository, digest)
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX registry_referrers ON registry_manifests (repository, subject) WHERE subject IS NOT NULL;
   CREATE TABLE registry_tags (
     repository TEXT NOT NULL, tag TEXT NOT NULL, digest TEXT NOT NULL, PRIMARY KEY (repository, tag)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE registry_uploads (id TEXT PRIMARY KEY, repository TEXT NOT NULL, started INTEGER NOT NULL) STRICT, WITHOUT ROWID;`,
];

const manifestByTag = 'SELECT record FROM registry_tags JOIN registry_manifests USING (repository, digest) WHERE repository = ? AND tag = ?';
const everyRepository = 'SELECT repository FROM registry_blobs UNION SELECT repository FROM registry_manifests';

/** The repository index in SQLite: one machine's default. */
export class SqliteRepositories implements RepositoryIndex {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
    db.migrate('registry', migrations);
  }

  exists(repository: string): boolean {
    return this.#db.get(`SELECT 1 FROM (${everyRepository}) WHERE repository = ?`, repository) !== undefined;
  }

  repositories(last: string, limit: number): string[] {
    return this.#db.all<{ repository: string }>(`${everyRepository} ORDER BY repository`).map((row) => row.repository).filter((name) => name > last).slice(0, limit);
  }

  hasBlob(repository: string, digest: Digest): boolean {
    return this.#db.get('SELECT 1 FROM registry_blobs WHERE repository = ? AND digest = ?', repository, digest) !== undefined;
  }

  linkBlob(repository: string, digest: Digest): void {
    this.#db.run('INSERT INTO registry_blobs VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET linked = excluded.linked', repository, digest, Date.now());
  }

  unlinkBlob(repository: string, digest: Digest): boolean {
    return this.#db.run('DELETE FROM registry_blobs WHERE repository = ? AND digest = ?', repository, digest).changes > 0;
  }

  manifest(repository: string, reference: string): ManifestRecord | undefined {
    const row = isDigest(reference)
      ? this.#db.get<{ record: string }>('SELECT record FROM registry_manifests WHERE repository = ? AND digest = ?', repository, reference)
      : this.#db.get<{ record: string }>(manifestByTag, repository, reference);
    return row && recordOf(row);
  }

  putManifest(repository: string, record: ManifestRecord, tags: readonly string[]): void {
    this.#db.transaction(() => {
      this.#db.run('INSERT OR REPLACE INTO registry_manifests VALUES (?, ?, ?, ?)', repository, record.digest, record.subject ?? null, JSON.stringify(record));
      for (const tag of tags) this.#db.run('INSERT OR REPLACE INTO registry_tags VALUES (?, ?, ?)', repository, tag, record.digest);
    });
  }

  deleteManifest(repository: string, reference: string): boolean {
    if (!isDigest(reference)) return this.#db.run('DELETE FROM registry_tags WHERE repository = ? AND tag = ?', repository, reference).changes > 0;
    return this.#db.transaction(() => {
      this.#db.run('DELETE FROM registry_tags WHERE repository = ? AND digest = ?', repository, reference);
      return this.#db.run('DELETE FROM registry_manifests WHERE repository = ? AND digest = ?', repository, reference).changes > 0;
    });
  }

  tags(repository: string, last: string, limit: number): string[] {
    return this.#db.all<{ tag: string }>('SELECT tag FROM registry_tags WHERE repository = ? AND tag > ? ORDER BY tag LIMIT ?', repository, last, limit).map((row) => row.tag);
  }

  referrers(repository: string, subject: Digest): ManifestRecord[] {
    return this.#db.all<{ record: string }>('SELECT record FROM registry_manifests WHERE repository = ? AND subject = ? ORDER BY digest', repository, subject).map(recordOf);
  }

  startUpload(id: string, repository: string): void {
    this.#db.run('INSERT INTO registry_uploads VALUES (?, ?, ?)', id, repository, Date.now());
  }

  hasUpload(id: string, repository: string): boolean {
    return this.#db.get('SELECT 1 FROM registry_uploads WHERE id = ? AND repository = ?', id, repository) !== undefined;
  }

  endUpload(id: string): void {
    this.#db.run('DELETE FROM registry_uploads WHERE id = ?', id);
  }

  uploadsBefore(time: number): { id: string; repository: string }[] {
    return this.#db.all('SELECT id, repository FROM registry_uploads WHERE started < ?', time);
  }

  unlinkUnused(time: number): void {
    const rows = this.#db.all<{ repository: string; record: string }>('SELECT repository, record FROM registry_manifests');
    const needed = new Set(rows.flatMap((row) => recordOf(row).references.map((digest) => `${row.repository}@${digest}`)));
    const links = this.#db.all<{ repository: string; digest: Digest }>('SELECT repository, digest FROM registry_blobs WHERE linked < ?', time);
    this.#db.transaction(() => {
      for (const link of links) if (!needed.has(`${link.repository}@${link.digest}`)) this.unlinkBlob(link.repository, link.digest);
    });
  }

  reachable(): Set<Digest> {
    return new Set(this.#db.all<{ digest: Digest }>('SELECT digest FROM registry_blobs UNION SELECT digest FROM registry_manifests').map((row) => row.digest));
  }
}

function recordOf(row: { record: string }): ManifestRecord {
  return JSON.parse(row.record) as ManifestRecord;
}
