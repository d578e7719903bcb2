/**
 * Image references: how a person names an image, and the full form Naru keeps inside.
 *
 * The grammar is that of distribution/reference: `[domain/]path[:tag][@digest]`. What people type is *familiar*:
 * `busybox` means `docker.io/library/busybox`. Parsing always normalises; the familiar form is for showing.
 */
import { InvalidArgument, isDigest } from '#base';
import type { Digest } from '#base';

export interface ImageRef {
  /** `docker.io`, `localhost:5000` … */
  readonly domain: string;
  /** `library/busybox` … */
  readonly path: string;
  readonly tag: string | undefined;
  readonly digest: Digest | undefined;
}

const hubDomain = 'docker.io';
const hubLegacyDomain = 'index.docker.io';
const officialPrefix = 'library/';
const longestPath = 255;

const label = '(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])';
const domain = `(?:${label}(?:\\.${label})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?`;
const component = '[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*';
const path = `${component}(?:/${component})*`;
const tag = '[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}';
const digest = '[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}';

const wholeReference = new RegExp(`^(?<domain>${domain})/(?<path>${path})(?::(?<tag>${tag}))?(?:@(?<digest>${digest}))?$`);
const wholePath = new RegExp(`^${path}$`);
const wholeTag = new RegExp(`^${tag}$`);
const imageIdentifier = /^[a-f0-9]{64}$/;

/**
 * Parses what a person typed into a full reference; adds no tag (see `withDefaultTag`).
 * Throws InvalidArgument in Docker's words.
 */
export function parseReference(text: string): ImageRef {
  if (imageIdentifier.test(text)) {
    throw new InvalidArgument(`invalid repository name (${text}), cannot specify 64-byte hexadecimal strings`);
  }
  const full = fullForm(text);
  const repository = full.rest.split(/[:@]/, 1)[0] ?? '';
  if (repository !== repository.toLowerCase()) {
    throw new InvalidArgument(`invalid reference format: repository name (${repository}) must be lowercase`);
  }
  const found = wholeReference.exec(`${full.domain}/${full.rest}`)?.groups;
  if (!found) throw new InvalidArgument('invalid reference format');
  const ref = { domain: found.domain ?? '', path: found.path ?? '', tag: found.tag, digest: found.digest };
  if (ref.path.length > longestPath) {
    throw new InvalidArgument(`repository name must not be more than ${longestPath} characters`);
  }
  return { ...ref, digest: ref.digest === undefined ? undefined : checkedDigest(ref.digest) };
}

/** `:latest` where neither tag nor digest is named. */
export function withDefaultTag(ref: ImageRef): ImageRef {
  return ref.tag === undefined && ref.digest === undefined ? { ...ref, tag: 'latest' } : ref;
}

/** The same repository with another tag; throws InvalidArgument (`invalid tag format`). */
export function withTag(ref: ImageRef, tagName: string): ImageRef {
  if (!isTag(tagName)) throw new InvalidArgument('invalid tag format');
  return { domain: ref.domain, path: ref.path, tag: tagName, digest: undefined };
}

/** The same repository by digest alone. */
export function withDigest(ref: ImageRef, of: Digest): ImageRef {
  return { domain: ref.domain, path: ref.path, tag: undefined, digest: of };
}

/** `docker.io/library/busybox`: the repository in full. */
export function repositoryOf(ref: ImageRef): string {
  return `${ref.domain}/${ref.path}`;
}

/** `busybox`, `localhost:5000/x`: the repository as people write it. */
export function familiarRepository(ref: ImageRef): string {
  if (ref.domain !== hubDomain) return repositoryOf(ref);
  const short = ref.path.startsWith(officialPrefix) ? ref.path.slice(officialPrefix.length) : ref.path;
  return short.includes('/') ? ref.path : short;
}

/** The whole reference in full: `docker.io/library/busybox:latest`. */
export function formatReference(ref: ImageRef): string {
  return repositoryOf(ref) + suffixOf(ref);
}

/** The whole reference as people write it: `busybox:latest`. */
export function familiarReference(ref: ImageRef): string {
  return familiarRepository(ref) + suffixOf(ref);
}

/** True for a well-formed tag name. */
export function isTag(text: string): boolean {
  return wholeTag.test(text);
}

/** True for a well-formed repository path without a domain, as the distribution API takes it. */
export function isRepositoryPath(text: string): boolean {
  return text.length <= longestPath && wholePath.test(text);
}

/** Puts the domain in: a first component is one when it has a dot, a colon or a capital, or is `localhost`. */
function fullForm(text: string): { domain: string; rest: string } {
  const slash = text.indexOf('/');
  const first = slash < 0 ? '' : text.slice(0, slash);
  const named = first === 'localhost' || /[.:]/.test(first) || first !== first.toLowerCase();
  if (named && first !== hubDomain && first !== hubLegacyDomain) return { domain: first, rest: text.slice(slash + 1) };
  const rest = named ? text.slice(slash + 1) : text;
  return { domain: hubDomain, rest: rest.includes('/') ? rest : officialPrefix + rest };
}

function checkedDigest(text: string): Digest {
  if (isDigest(text)) return text;
  const algorithm = text.slice(0, text.indexOf(':'));
  const known = algorithm === 'sha256' || algorithm === 'sha512';
  throw new InvalidArgument(known ? 'invalid checksum digest length' : 'unsupported digest algorithm');
}

function suffixOf(ref: ImageRef): string {
  return (ref.tag === undefined ? '' : `:${ref.tag}`) + (ref.digest === undefined ? '' : `@${ref.digest}`);
}
