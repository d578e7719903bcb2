/** One `-v`: `/host:/container`, `volume:/container:ro`, `/container`; and the options behind the last colon. */
import { Internal, InvalidArgument, messageOf, quote, type Digest } from '#base';
import { posix } from 'node:path';
import type { ChainId } from '#snapshots';

/** A mount as the client asked for it, `-v`, `--mount` or the image's VOLUME alike. */
export interface WantedMount {
  readonly type: 'bind' | 'volume' | 'tmpfs' | 'image';
  /** Host path, volume name, image; '' for an anonymous volume and a tmpfs. */
  readonly source: string;
  readonly destination: string;
  /** The options of `-v` as they were written. */
  readonly mode: string;
  readonly readOnly: boolean;
  /** '' takes the type's default. */
  readonly propagation: string;
  /** Nobody asked for that propagation: where the source cannot have it, the bind goes without. */
  readonly propagationByDefault?: boolean;
  /** A bind without its submounts. */
  readonly nonRecursive: boolean;
  /** A read-only bind whose submounts are not read-only. */
  readonly submountsStayWritable?: boolean;
  /** A missing host path is made. */
  readonly createSource: boolean;
  /** The image's files are not copied into a new volume. */
  readonly noCopy: boolean;
  readonly subpath: string;
  readonly driver: string;
  readonly driverOptions: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  /** What an image mount's reference meant when the container was made. */
  readonly image?: { readonly id: Digest; readonly chainId: ChainId | undefined };
  /** Of `--tmpfs`: inspect shows it in HostConfig alone, not among the mounts. */
  readonly unlisted?: boolean;
  /** fstab options of a tmpfs. */
  readonly tmpfsOptions: readonly string[];
}

/** What a mount is unless more is said. */
export function plainMount(change: Pick<WantedMount, 'type' | 'source' | 'destination'> & Partial<WantedMount>): WantedMount {
  return {
    mode: '',
    readOnly: false,
    propagation: '',
    nonRecursive: false,
    createSource: false,
    noCopy: false,
    subpath: '',
    driver: '',
    driverOptions: {},
    labels: {},
    tmpfsOptions: [],
    ...change,
  };
}

/** The mode that a volume is shown with when none was given: a label to share, as the local driver has it. */
export const sharedLabel = 'z';

/** Throws Internal in Docker's words: dockerd answers 500 to whatever is wrong with a `-v`. */
export function parseBind(spec: string, driver: string): WantedMount {
  const parts = spec.split(':');
  const invalid = (): never => {
    throw new Internal(`invalid volume specification: '${spec}'`);
  };
  if (parts.length > 3 || parts.some((part) => part === '')) invalid();
  const [source, destination, mode] = parts.length === 1 ? ['', parts[0] ?? '', ''] : [parts[0] ?? '', parts[1] ?? '', parts[2] ?? ''];
  if (parts.length === 2 && isMode(destination)) invalid();
  const options = parseMode(mode);
  const type = source.startsWith('/') ? 'bind' : 'volume';
  asMount(spec, type, () => {
    requireDestination(destination);
    if (type === 'volume' && options.propagation !== '') throw new InvalidArgument('field BindOptions must not be specified');
    if (type === 'bind' && options.noCopy) throw new InvalidArgument('field VolumeOptions must not be specified');
  });
  return plainMount({
    type,
    source: type === 'bind' ? posix.normalize(source) : source,
    destination: clean(destination),
    mode: mode === '' && type === 'volume' ? sharedLabel : mode,
    ...options,
    createSource: type === 'bind',
    driver: type === 'volume' ? driver : '',
  });
}

/** What is wrong with the mount that a `-v` means is told as of a mount, within the words for a `-v`. */
function asMount(spec: string, type: string, check: () => void): void {
  try {
    check();
  } catch (error) {
    throw new Internal(`invalid volume specification: '${spec}': invalid mount config for type ${quote(type)}: ${messageOf(error)}`, { cause: error });
  }
}

/** `/x/../y/` as `/y`. */
export function clean(path: string): string {
  const normal = posix.normalize(path);
  return normal.length > 1 ? normal.replace(/\/$/, '') : normal;
}

/** Bytes of one path component (limits.h, NAME_MAX). */
const longestName = 255;

/** Throws InvalidArgument for what no container path can be. */
export function requireDestination(destination: string): void {
  if (!destination.startsWith('/')) throw new InvalidArgument(`invalid mount path: '${destination}' mount path must be absolute`);
  if (destination.split('/').some((name) => Buffer.byteLength(name) > longestName)) throw new InvalidArgument(`invalid mount path: '${destination}': file name too long`);
  if (clean(destination) === '/') throw new InvalidArgument("invalid specification: destination can't be '/'");
}

export const propagations: readonly string[] = ['private', 'rprivate', 'shared', 'rshared', 'slave', 'rslave'];
const consistencies = ['consistent', 'cached', 'delegated', 'default'];

function isMode(text: string): boolean {
  return text.split(',').every((word) => kindOf(word) !== undefined);
}

function kindOf(word: string): string | undefined {
  if (word === 'ro' || word === 'rw') return 'access';
  if (word === 'z' || word === 'Z') return 'label';
  if (word === 'nocopy') return 'copy';
  if (propagations.includes(word)) return 'propagation';
  if (consistencies.includes(word)) return 'consistency';
  return undefined;
}

function parseMode(mode: string): Pick<WantedMount, 'readOnly' | 'noCopy' | 'propagation'> {
  const seen = new Map<string, string>();
  for (const word of mode === '' ? [] : mode.split(',')) {
    const kind = kindOf(word);
    if (kind === undefined || seen.has(kind)) throw new Internal(`invalid mode: ${mode}`);
    seen.set(kind, word);
  }
  return { readOnly: seen.get('access') === 'ro', noCopy: seen.has('copy'), propagation: seen.get('propagation') ?? '' };
}
