/** Namespaces: which are made, which are joined, and in what order. */
import { InvalidArgument } from '#base';
import type { Operation } from '#shim';
import type { IdMapping, OciSpec } from '#spec';
import { cloneFlags } from './names.ts';
import { KEEP_GROUPS } from './security.ts';

export interface NamespacePlan {
  /** CLONE_NEW* of what is made. */
  readonly made: number;
  /** A user namespace is made or joined: what needs the host's rights comes before it. */
  readonly user: boolean;
  /** Entering those that exist, and the time namespace, which takes its offsets while nobody is in it. */
  readonly before: readonly Operation[];
  readonly clone: Extract<Operation, { op: 'clone' }>;
  /** In a user namespace that was joined one is nobody until one becomes root; the clone into a cgroup asks who one was. */
  readonly after: readonly Operation[];
}

/** Throws InvalidArgument where the spec contradicts itself. */
export function compileNamespaces(spec: OciSpec, seeded: number, { groupsDenied = false, ordinary = false } = {}): NamespacePlan {
  const { namespaces = [], uidMappings, gidMappings, timeOffsets } = spec.linux ?? {};
  const repeated = namespaces.find(({ type }, index) => namespaces.findIndex((other) => other.type === type) < index);
  if (repeated) throw new InvalidArgument(`malformed spec file: duplicated ns ${JSON.stringify(repeated.type)}`);
  const has = (type: string) => namespaces.some((namespace) => namespace.type === type);
  if (uidMappings?.length && !has('user')) throw new InvalidArgument('user namespace mappings specified, but user namespace isn\'t enabled in the config');
  if (timeOffsets && !has('time')) throw new InvalidArgument('time namespace offsets specified, but time namespace isn\'t enabled in the config');
  const made = namespaces.filter(({ path }) => !path).reduce((flags, { type }) => flags | cloneFlags[type], 0) & ~seeded;
  const time = made & cloneFlags.time;
  return {
    made,
    user: has('user'),
    before: [...joins(namespaces, ordinary), ...(time ? makeTime(timeOffsets ?? {}) : [])],
    clone: { op: 'clone', types: made & ~time, uidMap: idMapText(uidMappings), gidMap: idMapText(gidMappings), denySetgroups: 0 },
    after: namespaces.some(({ type, path }) => type === 'user' && path) ? [{ op: 'user', uid: 0, gid: 0, umask: 0xffffffff, groups: groupsDenied ? KEEP_GROUPS : [] }] : [],
  };
}

/** False where its mounts are the host's own. */
export function ownsMounts(spec: OciSpec): boolean {
  return spec.linux?.namespaces?.some(({ type }) => type === 'mount') ?? false;
}

/**
 * Throws InvalidArgument for a container whose mounts would be the host's, where nobody takes them away with it (`temporary`), and for
 * what cannot be done there, in runC's words where that refuses it too.
 */
export function refuseInHostsMounts(spec: OciSpec, temporary: boolean): void {
  if (ownsMounts(spec)) return;
  const { maskedPaths, readonlyPaths, rootfsPropagation, namespaces } = spec.linux ?? {};
  if (!temporary) throw new InvalidArgument('a container without a mount namespace of its own is not supported');
  if (maskedPaths?.length || readonlyPaths?.length) throw new InvalidArgument('unable to restrict sys entries without a private MNT namespace');
  if (rootfsPropagation) throw new InvalidArgument('linux.rootfsPropagation is not supported without a mount namespace of the container\'s own');
  if (namespaces?.some(({ type }) => type === 'user')) throw new InvalidArgument('a user namespace is not supported without a mount namespace of the container\'s own');
}

/**
 * The user namespace after the others, which may be the host's or anybody's: inside it there is no right to those. An `ordinary` user
 * has the right to them by it alone. The mount namespace last: in it the other paths would mean something else.
 */
function joins(namespaces: NonNullable<NonNullable<OciSpec['linux']>['namespaces']>, ordinary: boolean): Operation[] {
  const order = ({ type }: { readonly type: string }): number => (type === 'mount' ? 2 : type !== 'user' ? 0 : ordinary ? -1 : 1);
  const joined = namespaces.filter(({ path }) => path).toSorted((a, b) => order(a) - order(b));
  return joined.map(({ type, path = '' }) => ({ op: 'join', path, type: cloneFlags[type] }));
}

function makeTime(offsets: NonNullable<NonNullable<OciSpec['linux']>['timeOffsets']>): Operation[] {
  const text = Object.entries(offsets).map(([clock, { secs = 0, nanosecs = 0 }]) => `${clock} ${secs} ${nanosecs}\n`).join('');
  return [{ op: 'unshare', types: cloneFlags.time }, ...(text ? [{ op: 'time-offsets', text } as const] : [])];
}

/** As /proc/PID/uid_map takes it. Whose id is first makes the container: root, where there is one. */
export function idMapText(mappings: readonly IdMapping[] | undefined): string {
  return (mappings ?? []).toSorted((a, b) => Number(b.containerID === 0) - Number(a.containerID === 0)).map(({ containerID, hostID, size }) => `${containerID} ${hostID} ${size}\n`).join('');
}
