import { keyOfQuery, parseResponse, readdress, type Query, type ResponseFacts } from './message.ts';

const MAX_ENTRIES = 10_000;
/** Of keys and responses: over TCP a container may ask with 64 KB of options, and be answered with as much, again and again. */
const MAX_BYTES = 16 << 20;
const MAX_TTL_SECONDS = 3600;

interface Entry {
  readonly response: Buffer;
  readonly ttlOffsets: readonly number[];
  readonly storedAt: number;
  readonly expiresAt: number;
}

/** Answers of other resolvers for as long as they allow (RFC 2308 for negative ones), the least recently used dropped first. */
export class DnsCache {
  readonly #entries = new Map<string, Entry>();
  #bytes = 0;
  readonly #now: () => number;

  /** `now` in milliseconds; tests give their own clock. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** `scope` keeps answers of different resolvers apart. */
  find(scope: string, query: Query): Buffer | undefined {
    const key = keyOf(scope, query);
    const entry = this.#entries.get(key);
    if (!entry) return undefined;
    this.#drop(key, entry);
    const now = this.#now();
    if (now >= entry.expiresAt) return undefined;
    this.#add(key, entry);
    return readdress(query, entry.response, entry.ttlOffsets, Math.floor((now - entry.storedAt) / 1000));
  }

  /** Keeps a whole response that says it may be kept. */
  store(scope: string, query: Query, response: Buffer, facts: ResponseFacts | undefined = parseResponse(query, response)): void {
    if (!facts || facts.truncated || facts.ttl <= 0) return;
    const storedAt = this.#now();
    const key = keyOf(scope, query);
    const former = this.#entries.get(key);
    if (former) this.#drop(key, former);
    this.#add(key, { response, ttlOffsets: facts.ttlOffsets, storedAt, expiresAt: storedAt + Math.min(facts.ttl, MAX_TTL_SECONDS) * 1000 });
    for (const [oldest, entry] of this.#entries) {
      if (this.#entries.size <= MAX_ENTRIES && this.#bytes <= MAX_BYTES) return;
      this.#drop(oldest, entry);
    }
  }

  /** How many answers it has. */
  get size(): number {
    return this.#entries.size;
  }

  #add(key: string, entry: Entry): void {
    this.#entries.set(key, entry);
    this.#bytes += key.length + entry.response.length;
  }

  #drop(key: string, entry: Entry): void {
    this.#entries.delete(key);
    this.#bytes -= key.length + entry.response.length;
  }
}

function keyOf(scope: string, query: Query): string {
  return `${scope}/${keyOfQuery(query)}`;
}
