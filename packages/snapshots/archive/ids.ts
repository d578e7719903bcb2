/** Owners of a root file system that is seen through a user namespace's map (user_namespaces(7)). */
import { InvalidArgument } from '#base';

interface Mapping {
  readonly containerID: number;
  readonly hostID: number;
  readonly size: number;
}

/** Ids of the host for those inside. */
export interface IdMap {
  readonly uids: readonly Mapping[];
  readonly gids: readonly Mapping[];
}

export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** Linux shows who is not mapped so. */
const overflow = 65_534;

/** What an id of the host is inside; the overflow id for one that nobody has there. */
export function insideId(mappings: readonly Mapping[], id: number): number {
  const found = mappings.find(({ hostID, size }) => id >= hostID && id < hostID + size);
  return found ? found.containerID + id - found.hostID : overflow;
}

/** What an owner inside is on the host. Throws InvalidArgument for one whom the map does not know. */
export function ownerOutside({ uid, gid }: Owner, ids: IdMap | undefined): Owner {
  return ids ? { uid: outsideId(ids.uids, uid), gid: outsideId(ids.gids, gid) } : { uid, gid };
}

function outsideId(mappings: readonly Mapping[], id: number): number {
  const found = mappings.find(({ containerID, size }) => id >= containerID && id < containerID + size);
  if (!found) throw new InvalidArgument(`Container ID ${id} cannot be mapped to a host ID`);
  return found.hostID + id - found.containerID;
}
