/** Contexts from elsewhere: a git repository, an archive or a Dockerfile behind a URL. */
import { InvalidArgument, messageOf, Unavailable } from '#base';
import { type BuildContext, dockerfileAlone, isArchive, plainContext } from './context-archive.ts';
import { clonedContext } from './git-context.ts';

/** Fetches; `fromDirectory` makes a context of a clone. Throws Unavailable when the source cannot be had. */
export async function remoteContext(source: string, dockerfile: string, fromDirectory: (directory: string, dockerfile: string) => Promise<BuildContext>): Promise<BuildContext> {
  return isGit(source) ? clonedContext(source, dockerfile, fromDirectory) : downloaded(source, dockerfile);
}

function isGit(source: string): boolean {
  return !/^https?:/.test(source) || /\.git(?:#.*)?$/.test(source);
}

async function downloaded(source: string, dockerfile: string): Promise<BuildContext> {
  const answer = await fetch(source).catch((error: unknown) => {
    throw new Unavailable(`unable to download remote context ${source}: ${messageOf(error instanceof Error && error.cause ? error.cause : error)}`, { cause: error });
  });
  if (!answer.ok) throw new InvalidArgument(`failed to GET ${source} with status ${answer.status} ${answer.statusText}: `);
  const bytes = Buffer.from(await answer.arrayBuffer());
  if (isArchive(bytes)) return plainContext(dockerfile || 'Dockerfile', async function* () { yield bytes; });
  return plainContext('Dockerfile', () => dockerfileAlone(bytes));
}
