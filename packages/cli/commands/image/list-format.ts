/** The rows of `images`: one for each tag. */
import { humanSize } from '#base';
import type { ImageSummary } from '#client';
import { familiarRepository, parseReference } from '#spec';
import type { ListFormat, Row } from '../../format/table.ts';
import { shortId } from '../../format/text.ts';
import { goTime } from '../../format/time.ts';
import { humanDuration } from '../../format/units.ts';

const headings = {
  ID: 'IMAGE ID', Repository: 'REPOSITORY', Tag: 'TAG', Digest: 'DIGEST', CreatedSince: 'CREATED', CreatedAt: 'CREATED AT', Size: 'SIZE', Containers: 'CONTAINERS',
  VirtualSize: 'SIZE', SharedSize: 'SHARED SIZE', UniqueSize: 'UNIQUE SIZE',
};

const since = '{{if .CreatedSince }}{{.CreatedSince}}{{else}}N/A{{end}}';
const none = '<none>';

/** How images are listed. */
export function imageFormat(quiet: boolean, digests: boolean): ListFormat {
  const digest = digests ? '{{.Digest}}\t' : '';
  const rawDigest = digests ? 'digest: {{.Digest}}\n' : '';
  return {
    type: '*formatter.imageContext',
    headings,
    table: quiet ? '{{.ID}}' : `table {{.Repository}}\t{{.Tag}}\t${digest}{{.ID}}\t${since}\t{{.Size}}`,
    raw: quiet ? 'image_id: {{.ID}}' : `repository: {{ .Repository }}\ntag: {{.Tag}}\n${rawDigest}image_id: {{.ID}}\ncreated_at: {{.CreatedAt}}\nvirtual_size: {{.Size}}\n`,
  };
}

export interface ImageRowOptions {
  readonly short: boolean;
  /** Digests are shown: a row for each. */
  readonly digests: boolean;
  /** Digests have a column: those without a tag have rows of their own. */
  readonly digestRows: boolean;
}

/** The rows of one image. */
export function imageRows(image: ImageSummary, now: number, options: ImageRowOptions): Row[] {
  return namesOf(image, options).map(({ repository, tag, digest }) => rowOf(image, now, options.short, repository, tag, digest));
}

/** An image in one row, under the first of its tags. */
export function imageRow(image: ImageSummary, now: number, short: boolean): Row {
  const first = (image.RepoTags ?? []).find((name) => name !== '<none>:<none>');
  const ref = first === undefined ? undefined : parseReference(first);
  return rowOf(image, now, short, ref ? familiarRepository(ref) : none, ref?.tag ?? none, '');
}

interface Name {
  readonly repository: string;
  readonly tag: string;
  readonly digest: string;
}

function namesOf(image: ImageSummary, { digests: needed, digestRows }: ImageRowOptions): Name[] {
  const tags = byRepository((image.RepoTags ?? []).filter((name) => name !== '<none>:<none>'), 'tag');
  const digests = byRepository((image.RepoDigests ?? []).filter((name) => name !== '<none>@<none>'), 'digest');
  const tagged = [...tags].flatMap(([repository, names]) => {
    const own = needed ? (digests.get(repository) ?? []) : [];
    digests.delete(repository);
    return names.flatMap((tag) => (own.length === 0 ? [none] : own).map((digest) => ({ repository, tag, digest })));
  });
  const untagged = [...digests].flatMap(([repository, names]) => (digestRows ? names : ['']).map((digest) => ({ repository, tag: none, digest })));
  const all = [...tagged, ...untagged];
  return all.length === 0 ? [{ repository: none, tag: none, digest: none }] : all;
}

function byRepository(names: readonly string[], part: 'tag' | 'digest'): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const name of names) {
    const ref = parseReference(name);
    const repository = familiarRepository(ref);
    const value = ref[part];
    if (value !== undefined) found.set(repository, [...(found.get(repository) ?? []), value]);
  }
  return found;
}

function rowOf(image: ImageSummary, now: number, short: boolean, repository: string, tag: string, digest: string): Row {
  const unknown = (size: number): string => (size === -1 ? 'N/A' : humanSize(size));
  return {
    get ID() { return short ? shortId(image.Id) : image.Id; },
    Repository: repository,
    Tag: tag,
    Digest: digest,
    get CreatedSince() { return `${humanDuration(now / 1000 - image.Created)} ago`; },
    get CreatedAt() { return goTime(image.Created * 1000); },
    get Size() { return humanSize(image.Size, 3); },
    get Containers() { return image.Containers === -1 ? 'N/A' : String(image.Containers); },
    get VirtualSize() { return humanSize(image.Size); },
    get SharedSize() { return unknown(image.SharedSize); },
    get UniqueSize() { return image.Size === -1 || image.SharedSize === -1 ? 'N/A' : humanSize(image.Size - image.SharedSize); },
  };
}
