/**
 * `cp`: a path of a container from or to a path here, or a tar archive on a standard stream. What a copy is called, and
 * whether it goes into a directory or takes its place, follows cp(1): see copy-target.ts.
 */
import { humanSize, InvalidArgument } from '#base';
import { calls, type PathStat } from '#client';
import type { Cli } from '../../cli.ts';
import { exactly } from '../../command/arguments.ts';
import { command } from '../../command/command.ts';
import { bool } from '../../command/flag-types.ts';
import { copyTarget, entryOf, localDestination } from './copy-target.ts';
import { packPath } from './pack-path.ts';
import { unpackTo } from './unpack-to.ts';

export default command({
  usage: ['[OPTIONS] CONTAINER:SRC_PATH DEST_PATH|-', 'cp [OPTIONS] SRC_PATH|- CONTAINER:DEST_PATH'],
  long: `Copy files/folders between a container and the local filesystem

Use '-' as the source to read a tar archive from stdin
and extract it to a directory destination in a container.
Use '-' as the destination to stream a tar archive of a
container source to stdout.`,
  takes: exactly(2),
  completes: ['container path', 'container path'],
  flags: {
    archive: bool('Archive mode (copy all uid/gid information)', { short: 'a' }),
    'follow-link': bool('Always follow symbol link in SRC_PATH', { short: 'L' }),
    quiet: bool('Suppress progress output during copy. Progress output is automatically suppressed if no terminal is attached', { short: 'q' }),
  },
  async run({ arguments: [from = '', to = ''], flags }, cli) {
    if (from === '') throw new InvalidArgument('source can not be empty');
    if (to === '') throw new InvalidArgument('destination can not be empty');
    const [source, target] = [splitPath(from), splitPath(to)];
    if (source.container !== '' && target.container !== '') throw new InvalidArgument('copying between containers is not supported');
    if (source.container === '' && target.container === '') throw new InvalidArgument('must specify at least one container source');
    const copied = source.container === '' ? await copyIn(cli, source.path, target, flags) : await copyOut(cli, source, target.path, flags['follow-link']);
    if (copied === undefined || flags.quiet || !cli.stderr.isTerminal) return;
    cli.stderr.write(`Successfully copied ${humanSize(copied, 3)} to ${to}\n`);
  },
});

interface Place {
  readonly container: string;
  readonly path: string;
}

/** `CONTAINER:PATH`; a path that begins with `/` or `.` is one of this machine, whatever colons it has. */
function splitPath(text: string): Place {
  const at = text.indexOf(':');
  if (text.startsWith('/') || text.startsWith('.') || at < 0) return { container: '', path: text };
  return { container: text.slice(0, at), path: text.slice(at + 1) };
}

/** Bytes copied; undefined when they went to standard output. */
async function copyOut(cli: Cli, source: Place, target: string, follows: boolean): Promise<number | undefined> {
  const linked = follows ? await statOf(cli, source).catch(() => undefined) : undefined; // an unknown path is told by the copy itself
  const path = linked?.linkTarget ? new URL(linked.linkTarget, `file://${source.path}`).pathname : source.path;
  const destination = target === '-' ? undefined : localDestination(target);
  const { head, body } = await cli.engine().open(calls.archiveGet, { path: { id: source.container }, query: { path }, signal: cli.interrupted });
  if (!destination) {
    for await (const chunk of body) cli.stdout.write(chunk);
    return undefined;
  }
  const base = path === source.path ? undefined : entryOf(source.path);
  const plan = copyTarget({ path, isDirectory: isDirectory(statIn(head.headers)), rename: base }, destination);
  return unpackTo(body, plan);
}

async function copyIn(cli: Cli, source: string, target: Place, flags: { archive: boolean; 'follow-link': boolean }): Promise<number | undefined> {
  const destination = await containerDestination(cli, target);
  if (source === '-' && !destination.isDirectory) throw new InvalidArgument(`destination "${target.container}:${target.path}" must be a directory`);
  const packed = source === '-' ? undefined : packPath(source, flags['follow-link'], destination);
  const path = packed ? packed.directory : destination.path;
  const query = { path, noOverwriteDirNonDir: 'true', copyUIDGID: flags.archive ? 'true' : undefined };
  const { body } = await cli.engine().open(calls.archivePut, { path: { id: target.container }, query, body: packed ? packed.archive : cli.stdin.bytes(), contentType: 'application/x-tar', signal: cli.interrupted });
  for await (const chunk of body) void chunk;
  return packed?.sent();
}

/** What is at the destination, links followed; a path that is not there yet may be made by the copy. */
async function containerDestination(cli: Cli, { container, path }: Place): Promise<{ path: string; exists: boolean; isDirectory: boolean }> {
  const stat = await statOf(cli, { container, path }).catch(() => undefined); // nothing there, or nothing known: the copy itself will tell
  if (!stat?.linkTarget) return { path, exists: stat !== undefined, isDirectory: isDirectory(stat) };
  const target = new URL(stat.linkTarget, `file://${path}`).pathname;
  const followed = await statOf(cli, { container, path: target }).catch(() => undefined); // a dangling link: as above
  return { path: target, exists: followed !== undefined, isDirectory: isDirectory(followed) };
}

async function statOf(cli: Cli, { container, path }: Place): Promise<PathStat | undefined> {
  const { head } = await cli.engine().open(calls.archiveStat, { path: { id: container }, query: { path } });
  return statIn(head.headers);
}

function statIn(headers: Readonly<Record<string, string>>): PathStat | undefined {
  const header = headers['x-docker-container-path-stat'];
  return header === undefined ? undefined : (JSON.parse(Buffer.from(header, 'base64').toString()) as PathStat);
}

/** Go's file mode keeps the kind in its highest bits. */
function isDirectory(stat: PathStat | undefined): boolean {
  return stat !== undefined && stat.mode >= 2 ** 31;
}
