import { Internal, InvalidArgument } from '#base';

export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/**
 * `--chown=user[:group]` as ids: numbers as they are, names from the image's own /etc/passwd and /etc/group, whose text
 * `read` gives (undefined: not there). A user alone is the group's name too. Throws in Docker's words.
 */
export async function ownerOf(chown: string, read: (path: string) => Promise<string | undefined>): Promise<Owner> {
  try {
    const [user = '', group = user, ...more] = chown.split(':');
    if (more.length > 0) throw new InvalidArgument(`invalid chown string format: ${chown}`);
    return {
      uid: await idOf(user, '/etc/passwd', read, `can't find uid for user ${user}: no such user: ${user}`),
      gid: await idOf(group, '/etc/group', read, `can't find gid for group ${group}: no such group: ${group}`),
    };
  } catch (error) {
    if (!(error instanceof InvalidArgument)) throw error;
    throw new Internal(`unable to convert uid/gid chown string to host mapping: ${error.message}`, { cause: error });
  }
}

/** In both files the name is the first field and the id the third. */
async function idOf(name: string, file: string, read: (path: string) => Promise<string | undefined>, complaint: string): Promise<number> {
  if (/^[+-]?\d+$/.test(name)) return Number(name);
  const line = (await read(file))?.split('\n').find((each) => each.startsWith(`${name}:`));
  const id = line?.split(':')[2] ?? '';
  if (name === '' || !/^\d+$/.test(id)) throw new InvalidArgument(complaint);
  return Number(id);
}
