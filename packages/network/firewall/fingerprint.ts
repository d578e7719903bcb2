import { tolerating } from '#base';
import { countElements, listElements, listRules, parseRuleName, type Netlink, type NftFamily } from '#kernel';

/** What the tables hold, as far as others' meddling would show: rules by chain and handle, elements by number. */
export interface Fingerprint {
  readonly rules: string;
  readonly counts: ReadonlyMap<string, number>;
}

/** Reads it from the kernel; `sets` as `inet bridges`. A table or set that is gone shows as empty. */
export function fingerprintOf(netfilter: Netlink, table: string, families: readonly NftFamily[], sets: readonly string[]): Fingerprint {
  const rules = families.flatMap((family) => ask(() => netfilter.query(listRules(family, table)), []).flatMap((message) => parseRuleName(message, table) ?? []).map((name) => `${family} ${name}`));
  const counts = new Map(sets.map((set) => {
    const [family, name = ''] = set.split(' ');
    const messages = ask(() => netfilter.query(listElements(family as NftFamily, table, name)), []);
    return [set, messages.reduce((sum, message) => sum + countElements(message), 0)] as const;
  }));
  return { rules: rules.join('\n'), counts };
}

export function sameFingerprint(a: Fingerprint, b: Fingerprint): boolean {
  return a.rules === b.rules && a.counts.size === b.counts.size && [...a.counts].every(([set, count]) => b.counts.get(set) === count);
}

function ask<T>(query: () => T, whenGone: T): T {
  return tolerating(['ENOENT'], whenGone, query);
}
