/**
 * Who a container's process is: a Dockerfile's USER (`name`, `uid`, `name:group`, `uid:gid`) looked up in the
 * container's own /etc/passwd and /etc/group, by Docker's rules.
 */
import { Internal, InvalidArgument } from '#base';

export interface ProcessUser {
  readonly uid: number;
  readonly gid: number;
  /** Supplementary groups, the primary one first. */
  readonly additionalGids: readonly number[];
  readonly home: string;
}

/** What the two files say. */
export interface UserDatabase {
  readonly users: readonly PasswdEntry[];
  readonly groups: readonly GroupEntry[];
}

interface PasswdEntry {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
}

interface GroupEntry {
  readonly name: string;
  readonly gid: number;
  readonly members: readonly string[];
}

const largestId = 2 ** 31 - 1;

/** Of the contents of the two files; '' where one is absent. Lines that say nothing are passed over. */
export function parseUserDatabase(passwd: string, group: string): UserDatabase {
  return { users: parsePasswd(passwd), groups: parseGroup(group) };
}

/** Throws Internal (500, as dockerd does) when a name is not in the files, InvalidArgument when an id is out of range. `groups` are `--group-add`. */
export function lookupUser(user: string, groups: readonly string[], database: UserDatabase): ProcessUser {
  const [userPart = '', groupPart = ''] = user.split(':');
  const found = findUser(userPart, database.users);
  const entries = database.groups;
  const primary = groupPart === '' ? found.gid : findGroup(groupPart, entries, 'no matching entries in group file');
  const own = groupPart === '' && found.name !== '' ? entries.filter((entry) => entry.members.includes(found.name)).map((entry) => entry.gid) : [];
  const added = groups.map((group) => addedGroup(group, entries));
  return { uid: found.uid, gid: primary, additionalGids: [...new Set([primary, ...own, ...added])], home: found.home };
}

function findUser(wanted: string, entries: readonly PasswdEntry[]): PasswdEntry {
  const match = entries.find((entry) => (wanted === '' ? entry.uid === 0 : entry.name === wanted || String(entry.uid) === wanted));
  if (match) return match;
  if (wanted === '') return { name: '', uid: 0, gid: 0, home: '/' };
  if (!/^-?\d+$/.test(wanted)) throw new Internal(`unable to find user ${wanted}: no matching entries in passwd file`);
  return { name: '', uid: checked(Number(wanted)), gid: 0, home: '/' };
}

function findGroup(wanted: string, entries: readonly GroupEntry[], complaint: string): number {
  const match = entries.find((entry) => entry.name === wanted || String(entry.gid) === wanted);
  if (match) return match.gid;
  if (!/^-?\d+$/.test(wanted)) throw new Internal(`unable to find group ${wanted}: ${complaint}`);
  return checked(Number(wanted));
}

function addedGroup(wanted: string, entries: readonly GroupEntry[]): number {
  const match = entries.find((entry) => entry.name === wanted);
  if (match) return match.gid;
  if (!/^\d+$/.test(wanted)) throw new InvalidArgument(`Unable to find group ${wanted}: no matching entries in group file`);
  return checked(Number(wanted));
}

function checked(id: number): number {
  if (id < 0 || id > largestId) throw new InvalidArgument(`uids and gids must be in range 0-${largestId}`);
  return id;
}

function parsePasswd(text: string): PasswdEntry[] {
  return lines(text).map(([name = '', , uid = '', gid = '', , home = '']) => ({ name, uid: number(uid), gid: number(gid), home: home || '/' }));
}

function parseGroup(text: string): GroupEntry[] {
  return lines(text).map(([name = '', , gid = '', members = '']) => ({ name, gid: number(gid), members: members.split(',').filter(Boolean) }));
}

function lines(text: string): string[][] {
  return text.split('\n').map((line) => line.trim()).filter((line) => line !== '' && !line.startsWith('#')).map((line) => line.split(':'));
}

function number(text: string): number {
  return Number.parseInt(text, 10) || 0;
}
