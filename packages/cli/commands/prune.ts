/** What the prune commands share: asking first, the filters, telling what went. */
import { humanSize } from '#base';
import type { EngineClient } from '#client';
import type { Cli } from '../cli.ts';
import { bool, filter } from '../command/flag-types.ts';
import { confirmed } from '../terminal/prompt.ts';

export type PruneFilters = ReadonlyMap<string, readonly string[]>;

/** What went: its names, a line each under a heading, and the bytes that came free where the engine tells. */
export interface Pruned {
  readonly deleted: string;
  readonly reclaimed?: number;
}

/** One kind's request to the engine. */
export type Prune = (engine: EngineClient, filters: PruneFilters) => Promise<Pruned>;

/** The flags of every prune command; `example` is a filter. */
export function pruneFlags(example: string) {
  return {
    filter: filter(`Provide filter values (e.g. "${example}")`),
    force: bool('Do not prompt for confirmation', { short: 'f' }),
  };
}

/** Asks unless told not to, prunes kind after kind, and shows what each took, and in the end the space when any tells. */
export async function pruneAfterAsking(cli: Cli, { filter: given, force }: { readonly filter: PruneFilters; readonly force: boolean }, question: (filters: PruneFilters) => string, kinds: readonly Prune[]): Promise<void> {
  const filters = filtersInForce(cli, given);
  if (!force && !(await confirmed(cli, question(filters)))) return;
  let total: number | undefined;
  for (const prune of kinds) {
    const { deleted, reclaimed } = await prune(cli.engine(), filters);
    cli.stdout.write(deleted);
    if (reclaimed !== undefined) total = (total ?? 0) + reclaimed;
  }
  if (total !== undefined) cli.stdout.write(`Total reclaimed space: ${humanSize(total)}\n`);
}

/** A warning that needs no filter to be told. */
export function warningOf(what: string): () => string {
  return () => `WARNING! This will remove ${what}.\nAre you sure you want to continue?`;
}

/** `Deleted Volumes:` and a name a line, or nothing where nothing went. */
export function deletedNames(what: string, names: readonly string[] | null): string {
  return names && names.length > 0 ? `Deleted ${what}:\n${names.map((name) => `${name}\n`).join('')}\n` : '';
}

/** The filters given, and those of the configuration file's `pruneFilters` that they do not contradict. */
function filtersInForce(cli: Cli, given: PruneFilters): PruneFilters {
  const all = new Map(given);
  for (const entry of cli.config.values.pruneFilters ?? []) {
    const at = entry.indexOf('=');
    const [name, value] = [entry.slice(0, at), entry.slice(at + 1)];
    if (at < 0 || contradicted(given, name, value)) continue;
    all.set(name, [...(all.get(name) ?? []), value]);
  }
  return all;
}

/** A label on the command line overrides the file's opposite. */
function contradicted(given: PruneFilters, name: string, value: string): boolean {
  const opposite = { label: 'label!', 'label!': 'label' }[name];
  return opposite !== undefined && (given.get(opposite) ?? []).includes(value);
}
