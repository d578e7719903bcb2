import { accessSync, constants } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';
import { errnoOf } from './errors.ts';

/**
 * The file that a command's name stands for, as a shell would look for it, and where the administrator's commands are. The
 * working directory, which may be anybody's, is not looked in, even where `path` names it.
 */
export function findCommand(command: string, path: string = process.env['PATH'] ?? ''): string | undefined {
  return [...path.split(delimiter).filter(isAbsolute), '/usr/sbin', '/sbin'].map((directory) => join(directory, command)).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch (error) {
    if (['ENOENT', 'EACCES', 'ENOTDIR'].includes(errnoOf(error) ?? '')) return false;
    throw error;
  }
}
