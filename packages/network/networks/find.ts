import { InvalidArgument, NotFound } from '#base';
import type { NetworkRecord } from '../port.ts';
import type { Room } from '../room.ts';

/** The network of that id or name, or the only one whose id starts so; NotFound in Docker's words. */
export function findNetwork({ store }: Room, nameOrId: string): NetworkRecord {
  const all = store.networks();
  const exact = store.network(nameOrId) ?? all.find(({ name }) => name === nameOrId);
  if (exact) return exact;
  const byPrefix = nameOrId === '' ? [] : all.filter(({ id }) => id.startsWith(nameOrId));
  if (byPrefix.length > 1) throw new InvalidArgument(`network ${nameOrId} is ambiguous (${byPrefix.length} matches found on ID prefix)`);
  const [only] = byPrefix;
  if (!only) throw new NotFound(`network ${nameOrId} not found`);
  return only;
}
