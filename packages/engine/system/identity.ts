import { randomUUID } from 'node:crypto';
import type { Database } from '#base';

/** The daemon's own id: made when its data root is first used, the same ever after. */
export function daemonId(db: Database): string {
  db.migrate('system', ['CREATE TABLE daemon (id TEXT NOT NULL) STRICT']);
  return db.transaction(() => {
    const known = db.get<{ id: string }>('SELECT id FROM daemon');
    if (known) return known.id;
    const id = randomUUID();
    db.run('INSERT INTO daemon VALUES (?)', id);
    return id;
  });
}
