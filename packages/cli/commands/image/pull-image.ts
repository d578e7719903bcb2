/** Pulling an image, for `pull` and for run and create where the image is missing. */
import { calls, type ProgressMessage } from '#client';
import { type ImageRef, repositoryOf } from '#spec';
import type { Cli } from '../../cli.ts';
import { credentialsFor, headerOf, serverOf } from '../../config/credentials.ts';
import { showProgress } from '../../terminal/progress.ts';
import type { Output } from '../../terminal/streams.ts';

/** Pulls a reference (all tags when it has none) and shows the progress on `out`; `quiet` waits in silence, `onMessage` hears all of it. Throws StreamFailure. */
export async function pullImage(cli: Cli, ref: ImageRef, platform: string, out: Output, quiet: boolean, onMessage?: (message: ProgressMessage) => void): Promise<void> {
  const auth = await credentialsFor(cli.config, serverOf(ref.domain));
  const query = { fromImage: repositoryOf(ref), tag: ref.digest ?? ref.tag, platform: platform || undefined };
  const { body } = await cli.engine().open(calls.imageCreate, { query, headers: { 'X-Registry-Auth': headerOf(auth) }, signal: cli.interrupted });
  await showProgress(body, quiet ? silence : out, () => {}, onMessage);
}

const silence: Output = { write: () => {}, isTerminal: false, columns: 0, rows: 0 };
