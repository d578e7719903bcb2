/** Everything that one COPY or ADD takes, on the disk: found, fetched or written first. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { digestOfHash, InvalidArgument } from '#base';
import type { CopyInstruction, InlineFile } from '#spec';
import type { Session } from '../session.ts';
import { download, isUrl, unnamed } from './download.ts';
import { withoutExcluded } from './exclude.ts';
import { fetchGit, parseGitSource, type GitSource } from './git.ts';
import { findSources, type Source, type SourceTree } from './sources.ts';

export interface Gathering {
  /** Takes what must go again once the files are placed. */
  readonly fetched: AsyncDisposableStack;
  /** Fills variables in a here-document's text. */
  readonly expand: (text: string) => string;
}

/** In the order written. Throws InvalidArgument in Docker's words where there are none. */
export async function gatherSources(session: Session, instruction: CopyInstruction, tree: SourceTree, { fetched, expand }: Gathering): Promise<Source[]> {
  const sources: Source[] = [];
  for (const word of instruction.sources) sources.push(...(await sourcesOf(session, instruction, tree, word, fetched)));
  for (const file of instruction.inline) sources.push(await writeInline(session, file, fetched, expand));
  if (sources.length === 0) throw new InvalidArgument('no source files were specified');
  if (instruction.exclude.length === 0) return sources;
  return withoutExcluded(session, sources, instruction.exclude, fetched);
}

async function sourcesOf(session: Session, instruction: CopyInstruction, tree: SourceTree, word: string, fetched: AsyncDisposableStack): Promise<Source[]> {
  const git = instruction.kind === 'add' ? parseGitSource(word) : undefined;
  if (git) return [await fetchRepository(session, git, instruction, fetched)];
  if (isUrl(word)) return [await fetchSource(session, word, instruction, fetched)];
  if (instruction.checksum !== '') throw new InvalidArgument("checksum can't be specified for non-HTTP(S) sources");
  return findSources(tree, word, { parents: instruction.parents });
}

async function fetchSource(session: Session, url: string, { kind, destination, checksum }: CopyInstruction, fetched: AsyncDisposableStack): Promise<Source> {
  if (kind === 'copy') throw new InvalidArgument("source can't be a URL for COPY");
  const { scratch, request, output, trees } = session;
  const file = await download(url, { scratch, signal: request.signal, progress: (current, total) => session.progress({ kind: 'progress', id: '', action: 'Downloading', current, total }) });
  fetched.use(file);
  output.downloaded();
  if (file.name === undefined && destination.endsWith('/')) throw new InvalidArgument(`cannot determine filename for source ${url}`);
  const name = file.name ?? unnamed;
  const path = join(file.directory, name);
  if (checksum !== '') await verify(path, checksum);
  return { path, name, directory: false, checksum: await trees.checksum(path, { owners: false }), remote: true };
}

async function verify(path: string, checksum: string): Promise<void> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  const digest = digestOfHash(hash);
  if (digest !== checksum) throw new InvalidArgument(`digest mismatch ${digest}: ${checksum}`);
}

async function fetchRepository(session: Session, source: GitSource, { keepGitDir }: CopyInstruction, fetched: AsyncDisposableStack): Promise<Source> {
  const directory = await scratchDirectory(session, 'git-', fetched);
  const path = await fetchGit(source, directory, { signal: session.request.signal, keepGitDirectory: keepGitDir });
  return { path, name: '', directory: true, checksum: `git:${await session.trees.checksum(path, { owners: false })}`, remote: true };
}

/** A here-document is a file of its name. */
async function writeInline(session: Session, { name, content, expand }: InlineFile, fetched: AsyncDisposableStack, fill: (text: string) => string): Promise<Source> {
  const path = join(await scratchDirectory(session, 'inline-', fetched), name);
  await writeFile(path, expand ? fill(content) : content, { mode: 0o644 });
  return { path, name, directory: false, checksum: `inline:${name}:${await session.trees.checksum(path, { owners: false })}`, remote: true };
}

async function scratchDirectory({ scratch }: Session, prefix: string, fetched: AsyncDisposableStack): Promise<string> {
  const directory = await mkdtemp(join(scratch, prefix));
  fetched.defer(() => rm(directory, { recursive: true, force: true }));
  return directory;
}
