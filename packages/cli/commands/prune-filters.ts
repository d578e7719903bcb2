import type { Cli } from '../cli.ts';

type Filters = ReadonlyMap<string, readonly string[]>;

/** The filters given, and those of the configuration file's `pruneFilters` that they do not contradict. */
export function pruneFilters(cli: Cli, given: Filters): Filters {
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
function contradicted(given: Filters, name: string, value: string): boolean {
  const opposite = { label: 'label!', 'label!': 'label' }[name];
  return opposite !== undefined && (given.get(opposite) ?? []).includes(value);
}
