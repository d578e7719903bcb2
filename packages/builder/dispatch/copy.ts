import { InvalidArgument, messageOf, NaruError } from '#base';
import type { CopyInstruction } from '#spec';
import { baseImage } from '../base-image.ts';
import { commitStep } from '../commit.ts';
import { download, isUrl, unnamed } from '../copy/download.ts';
import { placeSources } from '../copy/place.ts';
import { combined, findSources, requireDirectory, type Source, type SourceTree } from '../copy/sources.ts';
import { readImage, writeLayer } from '../layer.ts';
import { recordedInOne } from '../run-config.ts';
import type { Session } from '../session.ts';
import type { Built, StageState } from '../state.ts';
import { fromCache, requiresBuildKit } from './step.ts';

/** COPY and ADD: files from the context, from another stage or image, or for ADD from an address. */
export async function dispatchCopy(session: Session, state: StageState, instruction: CopyInstruction): Promise<void> {
  refuseBuildKitOptions(instruction);
  if (instruction.from === '') {
    const { context } = session.request;
    const checksum: SourceTree['checksum'] = (path) => session.trees.checksum(path, { owners: false });
    return copyFrom(session, state, instruction, { root: context, kind: 'context', checksum });
  }
  const from = await sourceImage(session, instruction.from);
  const owners = instruction.chown === '';
  await readImage(session, from.image, (root) =>
    copyFrom(session, state, instruction, { root, kind: 'image', checksum: (path) => session.trees.checksum(path, { owners }) }),
  );
}

/** Not to know an option would be to build something else. */
function refuseBuildKitOptions(instruction: CopyInstruction): void {
  const given: Record<string, boolean> = {
    chmod: instruction.chmod !== '',
    parents: instruction.parents,
    exclude: instruction.exclude.length > 0,
    checksum: instruction.checksum !== '',
    'keep-git-dir': instruction.keepGitDir,
    unpack: instruction.unpack !== undefined,
  };
  const [option] = Object.keys(given).filter((name) => given[name]);
  if (option !== undefined) requiresBuildKit(`--${option} option`);
  if (instruction.inline.length > 0) requiresBuildKit('here-document syntax');
}

async function sourceImage(session: Session, from: string): Promise<Built> {
  try {
    return session.stages.byNameOrIndex(from) ?? { image: await baseImage(session, from, undefined) };
  } catch (error) {
    throw told(error, `invalid from flag value ${from}`);
  }
}

async function copyFrom(session: Session, state: StageState, instruction: CopyInstruction, tree: SourceTree): Promise<void> {
  await using fetched = new AsyncDisposableStack();
  const command = instruction.kind.toUpperCase();
  const { destination, chown } = instruction;
  const sources = await allSources(session, instruction, tree, fetched);
  requireDirectory(command, sources.length, destination);
  const comment = `${command} ${chown === '' ? '' : `--chown=${chown} `}${combined(sources)} in ${destination} `;
  const record = recordedInOne(state.config, comment);
  if (await fromCache(session, state, record)) return;
  const placing = {
    destination,
    workingDir: state.config.WorkingDir ?? '/',
    chown,
    keepOwner: instruction.from !== '',
    unpack: instruction.kind === 'add',
  };
  const layer = await writeLayer(session, state.image, (root) => placeSources(session.trees, root, sources, placing));
  await commitStep(session, state, { record, layer });
}

async function allSources(session: Session, instruction: CopyInstruction, tree: SourceTree, fetched: AsyncDisposableStack): Promise<Source[]> {
  const sources: Source[] = [];
  try {
    for (const word of instruction.sources) {
      if (!isUrl(word)) sources.push(...(await findSources(tree, word)));
      else if (instruction.kind === 'copy') throw new InvalidArgument("source can't be a URL for COPY");
      else sources.push(await fetchSource(session, word, instruction.destination, fetched));
    }
    if (sources.length === 0) throw new InvalidArgument('no source files were specified');
    return sources;
  } catch (error) {
    throw told(error, `${instruction.kind.toUpperCase()} failed`);
  }
}

async function fetchSource(session: Session, url: string, destination: string, fetched: AsyncDisposableStack): Promise<Source> {
  const { scratch, request, output, trees } = session;
  const file = await download(url, { scratch, signal: request.signal, progress: (current, total) => session.progress({ kind: 'progress', id: '', action: 'Downloading', current, total }) });
  fetched.use(file);
  output.downloaded();
  if (file.name === undefined && destination.endsWith('/')) throw new InvalidArgument(`cannot determine filename for source ${url}`);
  const name = file.name ?? unnamed;
  const path = `${file.directory}/${name}`;
  return { path, name, directory: false, checksum: await trees.checksum(path, { owners: false }), remote: true };
}

/** The same error with `what` in front of its message. */
function told(error: unknown, what: string): unknown {
  return error instanceof NaruError ? new NaruError(error.kind, `${what}: ${messageOf(error)}`, { cause: error }) : error;
}
