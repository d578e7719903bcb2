/** A build context's directory as a tar archive: owned by root, without what `.dockerignore` leaves out. */
import { createReadStream, type Dirent, lstatSync, readdirSync, readFileSync, readlinkSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import { InvalidArgument, messageOf, type TarEntry, type TarMember, tolerating, writeTar } from '#base';
import { IgnorePatterns, parseIgnoreFile } from '#spec';

/** The Dockerfile: a file of the context, or, with its text, one from elsewhere that is added. */
export interface ContextDockerfile {
  readonly name: string;
  readonly text?: Buffer;
}

const ignoreFile = '.dockerignore';

/** The archive, members in the order of their names. Throws InvalidArgument for a malformed pattern. */
export function packContext(root: string, dockerfile: ContextDockerfile): AsyncIterable<Uint8Array> {
  const patterns = patternsOf(root, dockerfile);
  return writeTar((function* () {
    if (!dockerfile.text) return yield* membersBelow(root, '', patterns, new Map());
    yield* added(root, dockerfile.name, dockerfile.text);
    for (const entry of membersBelow(root, '', patterns, new Map())) if (entry.member.name !== ignoreFile) yield entry;
  })());
}

/** A Dockerfile from elsewhere, and an ignore file that keeps both out of what the build copies where the context has none. */
function* added(root: string, name: string, text: Buffer): Generator<TarEntry> {
  const mtime = Math.floor(Date.now() / 1000);
  yield { member: { name, type: 'file', mode: 0o600, mtime }, body: text };
  yield { member: { name: ignoreFile, type: 'file', mode: 0o600, mtime }, body: `${textOf(join(root, ignoreFile)) ?? ignoreFile}\n${name}\n` };
}

/** A directory whole, as an archive. */
export function packDirectory(root: string): AsyncIterable<Uint8Array> {
  return writeTar(membersBelow(root, '', compiled([]), new Map()));
}

/** The engine needs the Dockerfile and reads `.dockerignore` itself: both are sent though a pattern names them. */
function patternsOf(root: string, { name, text }: ContextDockerfile): IgnorePatterns {
  const lines = parseIgnoreFile(textOf(join(root, ignoreFile)) ?? '');
  const plain = compiled(lines);
  const kept = [ignoreFile, ...(text ? [] : [name])].filter((file) => plain.excludes(file));
  return kept.length === 0 ? plain : new IgnorePatterns([...lines, ...kept.map((file) => `!${file}`)]);
}

function compiled(lines: readonly string[]): IgnorePatterns {
  try {
    return new IgnorePatterns(lines);
  } catch (error) {
    throw new InvalidArgument(`error checking context: ${messageOf(error)}`, { cause: error });
  }
}

function textOf(path: string): string | undefined {
  return tolerating(['ENOENT'], undefined, () => readFileSync(path, 'utf8'));
}

function* membersBelow(root: string, directory: string, patterns: IgnorePatterns, links: Map<string, string>): Generator<TarEntry> {
  const children = readdirSync(join(root, directory), { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const child of children) {
    const path = directory === '' ? child.name : `${directory}/${child.name}`;
    const excluded = patterns.excludes(path);
    if (!excluded) yield* memberOf(root, path, child, links);
    if (child.isDirectory() && (!excluded || patterns.hasExceptions)) yield* membersBelow(root, path, patterns, links);
  }
}

function* memberOf(root: string, path: string, child: Dirent, links: Map<string, string>): Generator<TarEntry> {
  const full = join(root, path);
  const stat = lstatSync(full);
  const member = (type: TarMember['type'], more: Partial<TarMember> = {}): TarMember => ({ name: path, type, mode: stat.mode & 0o7777, uid: 0, gid: 0, mtime: Math.floor(stat.mtimeMs / 1000), ...more });
  if (child.isDirectory()) yield { member: member('directory', { name: `${path}/` }) };
  else if (child.isSymbolicLink()) yield { member: member('symlink', { linkname: readlinkSync(full) }) };
  else if (child.isFIFO()) yield { member: member('fifo') };
  else if (child.isFile()) yield fileOf(full, stat, member, links);
}

/** A second name of a file that is in already is a hard link to the first. */
function fileOf(full: string, stat: Stats, member: (type: TarMember['type'], more?: Partial<TarMember>) => TarMember, links: Map<string, string>): TarEntry {
  const inode = `${stat.dev}:${stat.ino}`;
  const first = stat.nlink > 1 ? links.get(inode) : undefined;
  if (first !== undefined) return { member: member('hardlink', { linkname: first }) };
  const entry = member('file', { size: stat.size });
  if (stat.nlink > 1) links.set(inode, entry.name);
  if (stat.size === 0) return { member: entry, body: '' };
  return { member: entry, body: stat.size <= readWhole ? readFileSync(full) : createReadStream(full, { highWaterMark: 1 << 20, end: stat.size - 1 }) };
}

/** Small files are read in one go: a stream costs more than they do. */
const readWhole = 1 << 20;
