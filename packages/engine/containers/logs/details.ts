/** `docker logs --details`: what the container's log options say to show of its labels and environment. */
import { goPattern } from '../../go-pattern.ts';
import type { ContainerRecord } from '../record.ts';
import { parseTag } from './forward/tag.ts';

/** `key=value,key=value `, escaped as a query is; '' when the options name nothing. */
export function detailsOf(record: ContainerRecord): string {
  const options = record.hostConfig.LogConfig.Config ?? {};
  const details = new Map(extraAttributes(record));
  if (options['tag']) details.set('tag', parseTag(options['tag'])(record));
  const pairs = [...details].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, value]) => `${encodeURIComponent(key)}=${encodeURIComponent(value)}`);
  return pairs.length > 0 ? `${pairs.join(',')} ` : '';
}

/** Labels and variables that the log options name: `labels`, `labels-regex`, `env`, `env-regex`. */
export function extraAttributes(record: ContainerRecord): ReadonlyMap<string, string> {
  const options = record.hostConfig.LogConfig.Config ?? {};
  const named = (option: string): string[] => (options[option] ?? '').split(',').filter(Boolean);
  const environment = new Map((record.config.Env ?? []).map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]));
  const labels = Object.entries(record.config.Labels ?? {});
  const details = new Map<string, string>();
  const take = (key: string, value: string | undefined): void => {
    if (value !== undefined) details.set(key, value);
  };
  for (const key of named('labels')) take(key, record.config.Labels?.[key]);
  const [labelWanted, variableWanted] = [wanted(options['labels-regex']), wanted(options['env-regex'])];
  for (const [key, value] of labels) if (labelWanted(key)) take(key, value);
  for (const key of named('env')) take(key, environment.get(key));
  for (const [key, value] of environment) if (variableWanted(key)) take(key, value);
  return details;
}

function wanted(pattern = ''): (key: string) => boolean {
  const compiled = pattern === '' ? undefined : goPattern(pattern);
  return (key) => compiled?.test(key) ?? false;
}
