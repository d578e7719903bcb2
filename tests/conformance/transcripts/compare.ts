/**
 * Field for field, but for what must differ between two runs: ids, times, sizes, addresses, and paths below the data
 * root. Everything else that differs is listed, with its place.
 */
import { streamsOf } from './body.ts';
import type { RecordedBody } from './format.ts';
import type { Names } from './names.ts';

/** Fields whose value is chance; that they are there, and of which type, is compared. */
const chance = new Set([
  'Created', 'CreatedAt', 'Date', 'Pid', 'Size', 'SizeRw', 'SizeRootFs', 'SharedSize', 'VirtualSize', 'size', 'time', 'timeNano', 'current', 'total', 'progress',
  'MacAddress', 'IPAddress', 'IPPrefixLen', 'Gateway', 'IPv4Address', 'Subnet', 'SandboxID', 'SandboxKey', 'EndpointID', 'NetworkID',
  'HostPort', 'PublicPort', 'DockerVersion', 'LowerDir', 'UpperDir', 'MergedDir', 'WorkDir', 'mtime', 'execDuration', 'ResolvConfPath', 'HostnamePath', 'HostsPath', 'LogPath', 'Mountpoint',
]);

const replacements: readonly (readonly [RegExp, string])[] = [
  [/[0-9a-f]{64}/g, '<id>'],
  [/\b[0-9a-f]{12}\b/g, '<short>'],
  [/\b(Up|Exited \(\d+\)) (?:Less than a second|About an? \w+|\d+ \w+)/g, '$1 <time>'],
  [/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)/g, '<time>'],
];

export class Comparison {
  readonly differences: string[] = [];
  readonly #names: Names;
  readonly #aliases: readonly (readonly [string, string])[];

  /** `aliases`: paths and addresses of the recording and of now. */
  constructor(names: Names, aliases: readonly (readonly [string, string])[]) {
    this.#names = names;
    this.#aliases = aliases;
  }

  /** `where` begins each difference's line. */
  bodies(where: string, recorded: RecordedBody, now: RecordedBody): void {
    if (recorded.kind === 'json' && now.kind === 'json') this.values(where, recorded.json, now.json);
    else if (recorded.kind === 'ndjson' && now.kind === 'ndjson') this.values(where, steady(recorded.lines), steady(now.lines));
    else if (recorded.kind === 'multiplexed' && now.kind === 'multiplexed') this.values(where, streamsOf(recorded.frames), streamsOf(now.frames));
    else if (recorded.kind === 'text' && now.kind === 'text') this.values(where, recorded.text, now.text);
    else if (recorded.kind === 'tar' && now.kind === 'tar') this.values(where, shapeOf(recorded), shapeOf(now));
    else if (recorded.kind !== 'binary') this.differences.push(`${where}: a ${recorded.kind} body became ${now.kind}`);
  }

  values(where: string, recorded: unknown, now: unknown): void {
    if (Array.isArray(recorded) && Array.isArray(now)) this.#arrays(where, recorded, now);
    else if (isObject(recorded) && isObject(now)) this.#objects(where, recorded, now);
    else this.#scalars(where, recorded, now);
  }

  #arrays(where: string, recordedOrder: readonly unknown[], nowOrder: readonly unknown[]): void {
    const [recorded, now] = [inOrder(where, recordedOrder), inOrder(where, nowOrder)];
    if (recorded.length !== now.length) {
      this.differences.push(`${where}: ${recorded.length} entries became ${now.length}: ${brief(recorded)} → ${brief(now)}`);
      return;
    }
    recorded.forEach((value, index) => this.values(`${where}[${index}]`, value, now[index]));
  }

  /** Keys that are ids are paired by their order. */
  #objects(where: string, recorded: Record<string, unknown>, now: Record<string, unknown>): void {
    const before = new Map(Object.entries(recorded).map(([key, value]) => [this.#plain(key), { key, value }]));
    const after = new Map(Object.entries(now).map(([key, value]) => [this.#plain(key), { key, value }]));
    for (const [name, { key, value }] of before) {
      const other = after.get(name);
      if (!other) this.differences.push(`${where}.${name}: ${brief(value)} is missing`);
      else if (!(chance.has(key) && typeof value === typeof other.value)) {
        this.#names.learn(key, other.key);
        this.values(`${where}.${name}`, value, other.value);
      } else if (typeof value === 'string') this.#names.learn(value, other.value as string);
    }
    for (const [name, { value }] of after) if (!before.has(name)) this.differences.push(`${where}.${name}: ${brief(value)} is new`);
  }

  #scalars(where: string, recorded: unknown, now: unknown): void {
    if (typeof recorded === 'string' && typeof now === 'string') {
      this.#names.learn(recorded, now);
      if (this.#plain(recorded) !== this.#plain(now)) this.differences.push(`${where}: ${brief(recorded)} → ${brief(now)}`);
    } else if (/\/stats/.test(where) && typeof recorded === 'number' && typeof now === 'number') return;
    else if (recorded !== now) this.differences.push(`${where}: ${brief(recorded)} → ${brief(now)}`);
  }

  #plain(text: string): string {
    const common = this.#aliases.reduce((plain, [then, now]) => plain.replaceAll(now, then), text);
    return replacements.reduce((plain, [pattern, word]) => plain.replace(pattern, word), common);
  }
}

/** dockerd keeps networks and mounts in maps: their order is chance. */
function inOrder(where: string, values: readonly unknown[]): readonly unknown[] {
  const key = where === 'GET /networks' ? 'Name' : where.endsWith('.Mounts') ? 'Destination' : undefined;
  if (key === undefined) return values;
  const of = (value: unknown): string => (isObject(value) ? String(value[key]) : '');
  return values.toSorted((a, b) => (of(a) < of(b) ? -1 : 1));
}

/** A stream of lines without what depends on pace: byte counts of a transfer; events in one order. */
function steady(lines: readonly unknown[]): unknown[] {
  const kept = lines.filter((line) => !(isObject(line) && isObject(line['progressDetail']) && 'current' in line['progressDetail']));
  const events = kept.every((line) => isObject(line) && 'Action' in line);
  return events ? kept.toSorted((a, b) => (eventKey(a) < eventKey(b) ? -1 : 1)) : kept;
}

function eventKey(event: unknown): string {
  const { Type, Action } = event as Record<string, unknown>;
  return `${String(Type)} ${String(Action)}`;
}

function shapeOf(tar: Extract<RecordedBody, { kind: 'tar' }>): Record<string, unknown> {
  return Object.fromEntries(tar.entries.map((entry) => [entry.name, { type: entry.type, mode: entry.mode, uid: entry.uid, gid: entry.gid, linkname: entry.linkname }]));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function brief(value: unknown): string {
  const text = JSON.stringify(value) ?? 'undefined';
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
}
