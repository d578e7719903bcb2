import { keyOfQuery, parseResponse, readdress, type Query, type ResponseFacts } from './message.ts';

const MAX_ENTRIES = 10_000;
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
    this.#entries.delete(key);
    const now = this.#now();
    if (now >= entry.expiresAt) return undefined;
    this.#entries.set(key, entry);
    return readdress(query, entry.response, entry.ttlOffsets, Math.floor((now - entry.storedAt) / 1000));
  }

  /** Keeps a whole response that says it may be kept. */
  store(scope: string, query: Query, response: Buffer, facts: ResponseFacts | undefined = parseResponse(query, response)): void {
    if (!facts || facts.truncated || facts.ttl <= 0) return;
    const storedAt = this.#now();
    this.#entries.set(keyOf(scope, query), { response, ttlOffsets: facts.ttlOffsets, storedAt, expiresAt: storedAt + Math.min(facts.ttl, MAX_TTL_SECONDS) * 1000 });
    if (this.#entries.size > MAX_ENTRIES) {
      const [oldest] = this.#entries.keys();
      if (oldest !== undefined) this.#entries.delete(oldest);
    }
  }

  get size(): number {
    return this.#entries.size;
  }
}

function keyOf(scope: string, query: Query): string {
  return `${scope}/${keyOfQuery(query)}`;
}
