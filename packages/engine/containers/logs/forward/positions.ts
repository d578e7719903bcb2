/** How far each container's log has been handed over. */
import type { Database } from '#base';
import type { LogPosition } from '../reader.ts';

const migrations = ['CREATE TABLE log_positions (container TEXT PRIMARY KEY, inode TEXT NOT NULL, offset INTEGER NOT NULL) STRICT, WITHOUT ROWID'];

export interface LogPositions {
  of(container: string): LogPosition | undefined;
  save(container: string, position: LogPosition): void;
  forget(container: string): void;
}

export function logPositions(db: Database): LogPositions {
  db.migrate('logs', migrations);
  return {
    of(container) {
      const row = db.get<{ inode: string; offset: number }>('SELECT inode, offset FROM log_positions WHERE container = ?', container);
      return row && { inode: BigInt(row.inode), offset: row.offset };
    },
    save(container, { inode, offset }) {
      db.run('INSERT INTO log_positions VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET inode = excluded.inode, offset = excluded.offset', container, String(inode), offset);
    },
    forget(container) {
      db.run('DELETE FROM log_positions WHERE container = ?', container);
    },
  };
}
