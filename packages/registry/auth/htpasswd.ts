import { createHash, randomBytes } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { compare } from 'bcryptjs';
import type { Authority } from '../port.ts';
import { basicCredentials, type Users } from './credentials.ts';

/** A password once found right is not hashed again for this long: bcrypt takes a tenth of a second on purpose. */
const rememberMilliseconds = 60_000;

/** A hash of nobody's password, so that unknown names take as long as wrong passwords. */
const nobody = '$2b$10$m9P2i3DeYjjLIhBW4kvPN.BZ//3KAdBSqGDP0Jc/cOAKm6Q1FeBgG';

/** Users of an htpasswd file with bcrypt hashes (`htpasswd -B`); read again whenever it changes. Throws when it cannot be read. */
export async function htpasswdUsers(path: string): Promise<Users> {
  const file = new HtpasswdFile(path);
  await file.hashes();
  return file;
}

/** Basic authentication: whoever is in the file may do everything. */
export function basicAuthority(users: Users, realm = 'Registry Realm'): Authority {
  return {
    authorize: async (request) => {
      const credentials = basicCredentials(request);
      return credentials && (await users.verify(credentials.name, credentials.password)) ? 'granted' : { challenge: `Basic realm="${realm}"` };
    },
  };
}

class HtpasswdFile implements Users {
  readonly #path: string;
  #read: { modified: number; hashes: Map<string, string> } | undefined;
  readonly #remembered = new Map<string, number>();
  readonly #salt = randomBytes(16);

  constructor(path: string) {
    this.#path = path;
  }

  async verify(name: string, password: string): Promise<boolean> {
    const hash = (await this.hashes()).get(name);
    const key = createHash('sha256').update(this.#salt).update(JSON.stringify([name, password, hash])).digest('base64');
    if ((this.#remembered.get(key) ?? 0) > Date.now()) return true;
    const right = (await compare(password, hash ?? nobody)) && hash !== undefined;
    if (right) this.#remembered.set(key, Date.now() + rememberMilliseconds);
    return right;
  }

  async hashes(): Promise<Map<string, string>> {
    const { mtimeMs } = await stat(this.#path);
    if (this.#read?.modified === mtimeMs) return this.#read.hashes;
    const lines = (await readFile(this.#path, 'utf8')).split('\n').map((line) => line.trim());
    const entries = lines.filter((line) => line !== '' && !line.startsWith('#')).map((line): [string, string] => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon), line.slice(colon + 1)];
    });
    this.#remembered.clear();
    this.#read = { modified: mtimeMs, hashes: new Map(entries.filter(([, hash]) => /^\$2[abxy]\$/.test(hash))) };
    return this.#read.hashes;
  }
}
