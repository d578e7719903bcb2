/** `images --tree`: an image's names, and below them the platforms that it is for. */
import { humanSize } from '#base';
import type { ImageManifestSummary, ImageSummary } from '#client';
import { formatPlatform } from '#spec';
import type { Cli } from '../../cli.ts';
import { type Paint, painterOf, plain, widthOf } from '../../format/paint.ts';
import { ellipsis, shortId } from '../../format/text.ts';

const spacing = 3;
const narrowest = 20;
const narrowestName = 12;

interface Line {
  readonly ID: string;
  readonly diskUsage: string;
  readonly contentSize: string;
  readonly inUse: boolean;
}

interface Top extends Line {
  readonly names: readonly string[];
  readonly created: number;
  readonly children: readonly (Line & { readonly platform: string; readonly available: boolean })[];
}

interface Column {
  readonly title: string;
  readonly width: number;
  readonly right?: boolean;
  cell(line: Line, paint: Paint): string;
}

/** The whole text, as wide as the terminal; colours only there, and not where NO_COLOR is set. */
export function imageTree(images: readonly ImageSummary[], all: boolean, cli: Cli): string {
  const paint = painterOf(cli.stdout, cli.env);
  const width = Math.max(narrowest, cli.stdout.columns || 80);
  const tops = images.filter((image) => all || !isDangling(image)).map(topOf).sort((a, b) => b.created - a.created);
  const { columns, nameWidth } = fitting(width, tops);
  const isSpaced = tops.some(({ children }) => children.length > 0);
  const heading = [pad(paint.heading('IMAGE'), nameWidth), ...columns.map(({ title, width: wide, right }) => pad(paint.heading(title), wide, right))].join(' '.repeat(spacing));
  const warning = paint.warning("WARNING: This is an experimental feature. The output may change and shouldn't be depended on.");
  return `${warning}\n${legend(width, paint)}\n\n${heading}\n${tops.map((top) => topText(top, columns, nameWidth, paint) + (isSpaced ? '\n' : '')).join('')}`;
}

/** Neither tagged nor known by a registry's digest, in either way that engines say so. */
function isDangling({ RepoTags, RepoDigests }: ImageSummary): boolean {
  const [tags, digests] = [RepoTags ?? [], RepoDigests ?? []];
  return (tags.length === 0 && digests.length === 0) || (String(tags) === '<none>:<none>' && String(digests) === '<none>@<none>');
}

function topOf(image: ImageSummary): Top {
  const manifests = (image.Manifests ?? []).filter(({ Kind }) => Kind === 'image');
  const children = manifests.map(childOf);
  return {
    ID: shortId(image.Id),
    names: (image.RepoTags ?? []).toSorted((a, b) => b.length - a.length),
    created: image.Created,
    diskUsage: humanSize(image.Size, 3),
    contentSize: humanSize(manifests.reduce((total, { Size }) => total + Size.Content, 0), 3),
    inUse: image.Containers > 0 || children.some(({ inUse }) => inUse),
    children,
  };
}

function childOf({ ID, Available, Size, ImageData }: ImageManifestSummary): Top['children'][number] {
  return {
    ID: shortId(ID),
    platform: ImageData ? formatPlatform(ImageData.Platform) : '',
    available: Available,
    diskUsage: humanSize(Size.Total, 3),
    contentSize: humanSize(Size.Content, 3),
    inUse: (ImageData?.Containers ?? []).length > 0,
  };
}

const details: readonly Column[] = [
  { title: 'ID', width: 12, cell: ({ ID }, paint) => paint.text(ID) },
  { title: 'DISK USAGE', width: 10, right: true, cell: ({ diskUsage }, paint) => paint.text(diskUsage) },
  { title: 'CONTENT SIZE', width: 12, right: true, cell: ({ contentSize }, paint) => paint.text(contentSize) },
  { title: 'EXTRA', width: 5, cell: ({ inUse }, paint) => (inUse ? paint.chip('U') : '') },
];

/** The columns for which there is room, and what is left for the names: no more than they need. */
function fitting(width: number, tops: readonly Top[]): { columns: readonly Column[]; nameWidth: number } {
  let room = width;
  const columns: Column[] = [];
  for (const column of details) {
    if (room - column.width - spacing < narrowestName) break;
    room -= column.width + spacing;
    columns.push(column);
  }
  const texts = tops.flatMap(({ names, children }) => [...(names.length === 0 ? [untagged] : names), ...children.map(({ platform }) => `└─ ${platform}`)]);
  return { columns, nameWidth: Math.min(room, Math.max('IMAGE'.length, ...texts.map((text) => Buffer.byteLength(text)))) };
}

const untagged = '<untagged>';

function topText(top: Top, columns: readonly Column[], nameWidth: number, paint: Paint): string {
  const names = top.names.length === 0 ? [paint.faint(untagged)] : top.names.map((name, index) => paint.name(index === top.names.length - 1 ? ellipsis(name, nameWidth) : name));
  const last = names.length - 1;
  const heads = names.map((name, index) => (index === last ? pad(name, nameWidth) + cellsOf(top, columns, paint) : `${name}\n`)).join('');
  const children = top.children.map((child, index) => {
    const own = child.available ? paint : paint.dimmed;
    return pad(own.text(`${index === top.children.length - 1 ? '└' : '├'}─ ${child.platform}`), nameWidth) + cellsOf(child, columns, own);
  });
  return [heads, ...children].map((line) => `${line}\n`).join('');
}

function cellsOf(line: Line, columns: readonly Column[], paint: Paint): string {
  return columns.map((column) => ' '.repeat(spacing) + pad(column.cell(line, paint), column.width, column.right)).join('');
}

/** What the letters of the last column mean, at the right edge. */
function legend(width: number, paint: Paint): string {
  const text = paint === plain ? ' Info ->  U In Use ' : `${paint.info} ${paint.chip('U')} In Use `;
  return ' '.repeat(Math.max(0, width - widthOf(text))) + text;
}

function pad(text: string, width: number, right = false): string {
  const blanks = ' '.repeat(Math.max(0, width - widthOf(text)));
  return right ? blanks + text : text + blanks;
}
