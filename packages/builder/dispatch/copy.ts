import { messageOf, NaruError } from '#base';
import type { CopyInstruction } from '#spec';
import { baseImage } from '../base-image.ts';
import { commitStep } from '../commit.ts';
import { gatherSources } from '../copy/gather.ts';
import { modeOf } from '../copy/mode.ts';
import { placeSources } from '../copy/place.ts';
import { combined, requireDirectory, type SourceTree } from '../copy/sources.ts';
import { readImage, writeLayer } from '../layer.ts';
import { recordedInOne } from '../run-config.ts';
import type { Session } from '../session.ts';
import type { Built, StageState } from '../state.ts';
import { fromCache, keepStep, newContainerId, removesIntermediate } from './step.ts';

/**
 * COPY and ADD: files from the context, from another stage or image, from the Dockerfile itself, for ADD also from an
 * address. Each step's files are a layer of their own in any case; `--link` asks that they lie as if the image below
 * were empty.
 */
export async function dispatchCopy(session: Session, state: StageState, instruction: CopyInstruction): Promise<void> {
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

async function sourceImage(session: Session, from: string): Promise<Built> {
  try {
    return session.stages.byNameOrIndex(from) ?? { image: await baseImage(session, from, undefined) };
  } catch (error) {
    throw told(error, `invalid from flag value ${from}`);
  }
}

async function copyFrom(session: Session, state: StageState, instruction: CopyInstruction, tree: SourceTree): Promise<void> {
  await using fetched = new AsyncDisposableStack();
  const { destination, chown } = instruction;
  const sources = await allSources(session, state, instruction, tree, fetched);
  requireDirectory(instruction.kind.toUpperCase(), sources.length, destination);
  const record = recordedInOne(state.config, `${commandOf(instruction)}${combined(sources, instruction)} in ${destination} `);
  if (await fromCache(session, state, record)) return;
  const placing = {
    destination,
    workingDir: state.config.WorkingDir ?? '/',
    chown,
    keepOwner: instruction.from !== '',
    mode: modeOf(instruction.chmod),
    link: instruction.link,
    parents: instruction.parents,
    unpack: instruction.unpack ?? (instruction.kind === 'add' && ('local' as const)),
  };
  const before = state.image;
  const layer = await writeLayer(session, state.image, (root) => placeSources(session.trees, root, sources, placing));
  await commitStep(session, state, { record, layer });
  if (!removesIntermediate(session.request)) await keepStep(session, before, record, newContainerId());
}

/** With the options that change what is made of the files: the cache tells steps apart by it. */
function commandOf({ kind, chown, chmod, link, unpack }: CopyInstruction): string {
  const options = [link ? '--link ' : '', chown && `--chown=${chown} `, chmod && `--chmod=${chmod} `, unpack === undefined ? '' : `--unpack=${unpack} `];
  return `${kind.toUpperCase()} ${options.join('')}`;
}

async function allSources(session: Session, state: StageState, instruction: CopyInstruction, tree: SourceTree, fetched: AsyncDisposableStack): ReturnType<typeof gatherSources> {
  try {
    return await gatherSources(session, instruction, tree, { fetched, expand: (text) => state.expandText(text) });
  } catch (error) {
    throw told(error, `${instruction.kind.toUpperCase()} failed`);
  }
}

/** The same error with `what` in front of its message. */
function told(error: unknown, what: string): unknown {
  return error instanceof NaruError ? new NaruError(error.kind, `${what}: ${messageOf(error)}`, { cause: error }) : error;
}
