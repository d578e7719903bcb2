/** Manifests in a registry, for `manifest`: fetched, mounted, pushed. */
import { dialComplaint, type Digest, digestOf, errnoOf, InvalidArgument, NotFound, parseDigest, Unavailable } from '#base';
import { type Descriptor, formatReference, type ImageRef, mediaTypes, type Platform, withDigest } from '#spec';
import type { Cli } from '../../cli.ts';
import { credentialsFor, serverOf } from '../../config/credentials.ts';
import { type RegistryAnswer, RegistrySession } from './registry-request.ts';
import type { StoredManifest } from './store.ts';

/** The media types of a list of manifests. */
const lists: readonly string[] = [mediaTypes.ociIndex, mediaTypes.dockerList];
const images: readonly string[] = [mediaTypes.ociManifest, mediaTypes.dockerManifest];

/** What a reference names: one image, or a list of them. */
export type Fetched = { readonly list: false; readonly manifest: StoredManifest } | { readonly list: true; readonly manifests: readonly StoredManifest[] };

export class Registry {
  readonly #repository: string;
  readonly #session: RegistrySession;

  private constructor(repository: string, session: RegistrySession) {
    this.#repository = repository;
    this.#session = session;
  }

  /**
   * Reaches the registry of `ref`; one that may be `insecure`, as those on the loopback always may, whatever its
   * certificate is, or by plain HTTP where it speaks no TLS. Throws Unavailable in Docker's words.
   */
  static async open(cli: Cli, ref: ImageRef, mayBeInsecure: boolean, actions: 'pull' | 'pull,push' = 'pull'): Promise<Registry> {
    const host = ref.domain === 'docker.io' ? 'registry-1.docker.io' : ref.domain;
    const insecure = mayBeInsecure || isLoopback(host);
    const auth = await credentialsFor(cli.config, serverOf(ref.domain));
    const reach = async (scheme: 'http' | 'https'): Promise<Registry> => {
      const session = new RegistrySession(`${scheme}://${host}`, `repository:${ref.path}:${actions}`, auth, !insecure);
      await session.request('/v2/', { method: 'GET' });
      return new Registry(ref.path, session);
    };
    try {
      return await reach('https').catch((error: unknown) => (insecure && speaksNoTls(error) ? reach('http') : Promise.reject(error)));
    } catch (error) {
      throw unreachable(error, host);
    }
  }

  /** Throws NotFound ("no such manifest: NAME"). */
  async fetch(ref: ImageRef): Promise<Fetched> {
    const answer = await this.#manifest(ref.digest ?? ref.tag ?? 'latest', ref);
    const type = answer.headers['content-type']?.split(';', 1)[0] ?? '';
    if (!lists.includes(type)) return { list: false, manifest: await this.#image(ref, answer, type) };
    const index = JSON.parse(answer.body.toString()) as { manifests: readonly Descriptor[] };
    const manifests = await Promise.all(index.manifests.map(async (entry) => {
      const member = withDigest(ref, entry.digest);
      const own = await this.#image(member, await this.#manifest(entry.digest, member), entry.mediaType);
      return { ...own, Ref: `${formatReference({ ...ref, digest: undefined })}@${entry.digest}`, Descriptor: { ...own.Descriptor, ...(entry.platform ? { platform: entry.platform } : {}) } };
    }));
    return { list: true, manifests };
  }

  /** Makes a blob of another repository of this registry one of this repository too. */
  async mount(digest: Digest, from: string): Promise<void> {
    const answer = await this.#session.request(`/v2/${this.#repository}/blobs/uploads/?mount=${digest}&from=${encodeURIComponent(from)}`, { method: 'POST', headers: { 'Content-Length': '0' } });
    if (answer.status !== 201) throw new Unavailable(`failed to mount blob ${digest} from ${from}: the registry answered ${answer.status}`);
  }

  /** Stores a manifest under a tag or digest and gives its digest. */
  async push(tagOrDigest: string, type: string, bytes: Uint8Array): Promise<Digest> {
    const answer = await this.#session.request(`/v2/${this.#repository}/manifests/${tagOrDigest}`, { method: 'PUT', headers: { 'Content-Type': type }, body: bytes });
    if (answer.status !== 201) throw new Unavailable(`failed to push manifest ${tagOrDigest}: ${complaintIn(answer)}`);
    return digestOf(bytes);
  }

  async #manifest(tagOrDigest: string, ref: ImageRef): Promise<RegistryAnswer> {
    const answer = await this.#session.request(`/v2/${this.#repository}/manifests/${tagOrDigest}`, { method: 'GET', headers: { Accept: [...images, ...lists].join(', ') } });
    if (answer.status === 429 || answer.status >= 500) throw new Unavailable(`failed to fetch manifest ${tagOrDigest}: ${complaintIn(answer)}`);
    if (answer.status !== 200) throw new NotFound(`no such manifest: ${formatReference(ref)}`);
    if (ref.digest !== undefined && digestOf(answer.body) !== ref.digest) throw new InvalidArgument(`manifest verification failed for digest ${ref.digest}`);
    return answer;
  }

  async #image(ref: ImageRef, answer: RegistryAnswer, type: string): Promise<StoredManifest> {
    if (!images.includes(type)) throw new InvalidArgument(`${formatReference(ref)} is a manifest of an unsupported type: ${type}`);
    const manifest = JSON.parse(answer.body.toString()) as { config: Descriptor };
    const platform = await this.#platform(manifest.config.digest);
    return {
      Ref: formatReference(ref),
      Descriptor: { mediaType: type, digest: digestOf(answer.body), size: answer.body.length, platform },
      Raw: answer.body.toString('base64'),
      ...(type === mediaTypes.ociManifest ? { OCIManifest: manifest } : { SchemaV2Manifest: manifest }),
    };
  }

  async #platform(config: Digest): Promise<Platform> {
    const answer = await this.#session.request(`/v2/${this.#repository}/blobs/${config}`, { method: 'GET' });
    if (answer.status !== 200 || digestOf(answer.body) !== parseDigest(config)) throw new InvalidArgument(`the configuration ${config} is not in the registry`);
    const { architecture, os, variant, 'os.version': version, 'os.features': features } = JSON.parse(answer.body.toString()) as Platform;
    return { architecture, os, ...(version ? { 'os.version': version } : {}), ...(features ? { 'os.features': features } : {}), ...(variant ? { variant } : {}) };
  }
}

/** Somebody is there, and what he says is no handshake. */
function speaksNoTls(error: unknown): boolean {
  return /^(?:EPROTO|ECONNRESET|ERR_SSL_.*)$/.test(errnoOf(error) ?? '');
}

function unreachable(error: unknown, host: string): unknown {
  if (!(error instanceof Error) || errnoOf(error) === undefined) return error;
  const url = new URL(`https://${host}/v2/`);
  return new Unavailable(`failed to configure transport: error pinging v2 registry: Get "https://${host}/v2/": ${dialComplaint(error, url)}`, { cause: error });
}

function isLoopback(host: string): boolean {
  return /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/.test(host);
}

function complaintIn({ status, body }: RegistryAnswer): string {
  try {
    const { errors } = JSON.parse(body.toString()) as { errors?: readonly { code: string; message: string }[] };
    if (errors?.[0]) return `${errors[0].code.toLowerCase().replaceAll('_', ' ')}: ${errors[0].message}`;
  } catch {
    // not the JSON that the protocol wants: the status is all there is
  }
  return `the registry answered ${status}`;
}
