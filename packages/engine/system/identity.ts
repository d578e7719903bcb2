import { randomUUID } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Database, tolerating } from '#base';

/**
 * The daemon's own id: what stands in `engine-id` of its data root, as with dockerd, where an administrator may have
 * written it; made when that is first looked for, the same ever after.
 */
export function daemonId(db: Database, dataRoot: string): string {
  const path = join(dataRoot, 'engine-id');
  const known = written(path);
  if (known) return known;
  const id = storedId(db) ?? randomUUID();
  writeFileSync(`${path}.new`, id);
  renameSync(`${path}.new`, path);
  return id;
}

function written(path: string): string {
  return tolerating(['ENOENT'], '', () => readFileSync(path, 'utf8').trim());
}

/** Where earlier versions kept it. */
function storedId(db: Database): string | undefined {
  db.migrate('system', ['CREATE TABLE daemon (id TEXT NOT NULL) STRICT']);
  return db.get<{ id: string }>('SELECT id FROM daemon')?.id;
}
