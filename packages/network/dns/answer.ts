import { ipBytes, parseIp } from '#base';
import type { StoredEndpoint } from '../store.ts';
import { addressOfReverseName, lookUp, lookUpAddress, type SeatView } from './names.ts';
import { CLASS_IN, encodeName, encodeResponse, RCODE, TYPE, type Answer, type Query } from './message.ts';

/** Docker's TTL for names of containers, in seconds. */
const TTL = 600;

/**
 * The answer for a name that containers have; undefined when the question must go to other resolvers. A name that is
 * known but has no record of the type gets an empty answer, so that nobody asks the world for it. The first network
 * that has a record answers alone; `turn` rotates the addresses of a name that several have there.
 */
export function answerLocally(query: Query, seats: readonly SeatView[], turn: number): Buffer | undefined {
  if (query.class !== CLASS_IN) return undefined;
  if (query.type === TYPE.PTR) {
    const address = addressOfReverseName(query.name);
    const name = address && lookUpAddress(seats, address);
    return name ? encodeResponse(query, RCODE.NOERROR, [{ type: TYPE.PTR, ttl: TTL, data: encodeName(name) }]) : undefined;
  }
  const found = lookUp(seats, query.name);
  if (found.length === 0) return undefined;
  const records = found.map((owners) => addressRecords(owners, query.type)).find(({ length }) => length > 0) ?? [];
  return encodeResponse(query, RCODE.NOERROR, rotate(records, turn));
}

function addressRecords(owners: readonly StoredEndpoint[], type: number): Answer[] {
  if (type !== TYPE.A && type !== TYPE.AAAA) return [];
  return owners.flatMap((owner) => {
    const ip = parseIp((type === TYPE.A ? owner.ipv4 : owner.ipv6)?.address ?? '');
    return ip ? [{ type, ttl: TTL, data: ipBytes(ip) }] : [];
  });
}

function rotate<T>(list: readonly T[], turn: number): T[] {
  const start = list.length > 0 ? turn % list.length : 0;
  return [...list.slice(start), ...list.slice(0, start)];
}
