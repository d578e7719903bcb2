import { tolerate } from '#base';
import { pool } from './pool.ts';

/**
 * A descriptor of the root file system of the process `pid`, without what is mounted in it: read-only, there until it is
 * closed, whatever becomes of the process. undefined when the process has gone. Throws SystemError.
 */
export async function copyRootOf(pid: number): Promise<number | undefined> {
  return pool.run('cloneRoot', { pid }).catch(tolerate(['ENOENT', 'ESRCH'], undefined));
}
