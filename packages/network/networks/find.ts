import { InvalidArgument, NotFound } from '#base';
import type { NetworkRecord } from '../port.ts';
import type { Room } from '../room.ts';

/** The network of that id or name, or the only one whose id starts so; NotFound in Docker's words. */
export function findNetwork({ store }: Room, nameOrId: string): NetworkRecord {
  const its = store.network(nameOrId); // a list of containers asks by the ids of their networks: that costs no list of networks
  if (its) return its;
  const all = store.networks();
  const named = all.find(({ name }) => name === nameOrId);
  if (named) return named;
  const byPrefix = nameOrId === '' ? [] : all.filter(({ id }) => id.startsWith(nameOrId));
  if (byPrefix.length > 1) throw new InvalidArgument(`network ${nameOrId} is ambiguous (${byPrefix.length} matches found on ID prefix)`);
  const [only] = byPrefix;
  if (!only) throw new NotFound(`network ${nameOrId} not found`);
  return only;
}
