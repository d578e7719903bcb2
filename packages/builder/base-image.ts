import type { Image, RegistryAuth } from '#images';
import { parseReference, platformFit, withDefaultTag, type Platform } from '#spec';
import type { BuildRequest } from './port.ts';
import type { Session } from './session.ts';

/** The image that FROM or COPY --from names: the local one, else (or with `--pull`) the registry's. Throws in Docker's words. */
export async function baseImage(session: Session, name: string, platform: Platform | undefined): Promise<Image> {
  const { images, request } = session;
  const wanted = platform ?? request.platform;
  if (!request.pull) {
    const local = images.lookup(name);
    if (local && (!wanted || platformFit(wanted, local.config) > 0)) return local;
  }
  const ref = withDefaultTag(parseReference(name));
  return images.pull(ref, { platform: wanted, auth: authFor(ref.domain, request), signal: request.signal }, session.progress);
}

/** The layers of an image as the parent of a new snapshot; undefined for an empty root. */
export async function chainOf(session: Session, image: Image | undefined): Promise<Image['chainId']> {
  if (!image) return undefined;
  if (!session.unpacked.has(image.id)) await session.images.unpack(image);
  session.unpacked.add(image.id);
  return image.chainId;
}

/** Credentials are kept by the registry's host, with or without a scheme; Docker Hub has a name of its own. */
function authFor(domain: string, { auths, upstreamClient }: BuildRequest): RegistryAuth {
  const hub = 'index.docker.io';
  const host = domain === 'docker.io' ? hub : domain;
  const entry = Object.entries(auths).find(([server]) => server.replace(/^https?:\/\//, '').split('/', 1)[0] === host);
  return { ...entry?.[1], ...(upstreamClient === undefined ? {} : { upstreamClient }) };
}
