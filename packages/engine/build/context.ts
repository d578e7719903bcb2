/**
 * Where a build's files come from: the request's own body, a tar or Dockerfile by URL, a git repository. Everything
 * lands in a directory; nothing that an archive names is written outside it.
 */
import { createWriteStream } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { Internal, InvalidArgument, messageOf } from '#base';
import { httpGet } from '#images';
import { fetchGit, parseGitSource } from '#builder';
import { extractTar } from '#snapshots';

export interface ContextSource {
  /** The request's body: a tar, plain or compressed. */
  readonly body: AsyncIterable<Uint8Array>;
  /** The `remote` parameter; '' for the body. */
  readonly remote: string;
  /** Name under which a remote Dockerfile is kept. */
  readonly dockerfile: string;
  readonly signal: AbortSignal;
}

/** Fills `into`; gives the directory that is the context (a part of it for a git repository's directory) and its Dockerfile. */
export async function fetchContext(source: ContextSource, into: string): Promise<{ context: string; dockerfile: string }> {
  const { remote, dockerfile, signal } = source;
  if (remote === '') {
    await extractTar(source.body, into, { clamp: true, signal });
    return { context: into, dockerfile };
  }
  if (remote === 'client-session') {
    throw new InvalidArgument('experimental session with v1 builder is no longer supported, use builder version v2 (BuildKit) instead');
  }
  const git = parseGitSource(remote);
  if (git) return { context: await fetchGit(git, into, { signal }), dockerfile };
  if (!/^https?:\/\//.test(remote)) throw new Internal(`remoteURL (${remote}) could not be recognized as URL`);
  return { context: into, dockerfile: await download(source, into) };
}

/** A text is the Dockerfile itself, everything else a tar. Gives the Dockerfile's name. */
async function download({ remote, dockerfile, signal }: ContextSource, into: string): Promise<string> {
  const response = await get(remote, signal);
  const type = response.headers['content-type']?.split(';')[0]?.trim();
  if (type === 'text/plain') {
    await pipeline(response, createWriteStream(join(into, 'Dockerfile')), { signal });
    return 'Dockerfile';
  }
  await extractTar(response, into, { clamp: true, signal });
  return dockerfile;
}

async function get(url: string, signal: AbortSignal): Promise<IncomingMessage> {
  const response = await httpGet(url, signal).catch((error: unknown) => {
    throw new Internal(`error downloading remote context ${url}: ${messageOf(error)}`, { cause: error });
  });
  if (Math.trunc((response.statusCode ?? 0) / 100) === 2) return response;
  response.destroy();
  throw new Internal(`error downloading remote context ${url}: failed to GET ${url} with status ${response.statusCode} ${response.statusMessage}: `);
}
