/** The filters of `GET /containers/json`. */
import { Internal, InvalidArgument, isKind, messageOf, NotFound, quote } from '#base';
import type { Engine } from '../context.ts';
import { booleanFilter, matchesLabels, patternFilter, type Filters } from '../filters.ts';
import { parseInteger } from '../integer.ts';
import { portsOf } from './network-settings.ts';
import { portSummaries, type Candidate } from './summary.ts';

export const listFilters = [
  'ancestor', 'before', 'exited', 'expose', 'health', 'id', 'is-task', 'isolation', 'label', 'name', 'network', 'publish', 'since', 'status', 'volume',
] as const;

type Test = (candidate: Candidate) => boolean;
type Needs = Pick<Engine, 'containers' | 'images' | 'networks' | 'lives'>;

/** Filters that, with no value at all, let nothing through or are refused. */
const namesNothing = new Set(['ancestor', 'is-task', 'network']);

/** One test out of all filters: each must hold, of a filter's values one. Throws in Docker's words. */
export function listFilter(engine: Needs, all: readonly Candidate[], filters: Filters): Test {
  const tests = [...filters].filter(([name, values]) => values.length > 0 || namesNothing.has(name)).map(([name, values]) => testFor(engine, all, name, values, filters));
  return (candidate) => tests.every((test) => test(candidate));
}

function testFor(engine: Needs, all: readonly Candidate[], name: string, values: readonly string[], filters: Filters): Test {
  switch (name) {
    case 'id':
      return idTest(all, values);
    case 'name':
      return nameTest(values);
    case 'label':
      return ({ record }) => matchesLabels(values, record.config.Labels);
    case 'status':
      return statusTest(values);
    case 'exited':
      return exitedTest(values);
    case 'health':
      return healthTest(engine, values);
    case 'ancestor':
      return ancestorTest(engine, values);
    case 'before':
      return ageTest(engine, all, values, -1);
    case 'since':
      return ageTest(engine, all, values, 1);
    case 'volume':
      return ({ record }) => record.mounts.some((mount) => values.some((value) => value === mount.Name || value === mount.Destination || value === mount.Source));
    case 'network':
      return networkTest(engine, values);
    case 'publish':
    case 'expose':
      return portTest(engine, filters);
    case 'is-task': {
      const wanted = booleanFilter(filters, 'is-task');
      return () => wanted !== true; // no container here is a swarm's task
    }
    default:
      // Isolation is Windows's: containers of Linux have none to tell apart.
      return () => true;
  }
}

/** By the beginning of an id that no other container has. */
function idTest(all: readonly Candidate[], values: readonly string[]): Test {
  const ids = values.flatMap((value) => {
    const found = value === '' ? [] : all.filter(({ record }) => record.id.startsWith(value));
    return found.length === 1 && found[0] ? [found[0].record.id] : [];
  });
  return ({ record }) => ids.includes(record.id);
}

/** With the slash in front of it or without. */
function nameTest(values: readonly string[]): Test {
  const named = patternFilter(values);
  return ({ record }) => named(`/${record.name}`) || named(record.name);
}

const statuses = ['created', 'running', 'paused', 'restarting', 'removing', 'exited', 'dead'];

function statusTest(values: readonly string[]): Test {
  const unknown = values.find((value) => !statuses.includes(value));
  if (unknown !== undefined) throw new InvalidArgument(`invalid filter 'status=${unknown}'`);
  return ({ state }) => values.includes(state.status);
}

function exitedTest(values: readonly string[]): Test {
  const codes = values.map((value) => {
    try {
      return parseInteger(value);
    } catch (error) {
      throw new InvalidArgument(`invalid filter 'exited=${value}': ${messageOf(error)}`, { cause: error });
    }
  });
  return ({ state }) => state.status === 'exited' && codes.includes(state.exit?.code ?? 0);
}

function healthTest(engine: Needs, values: readonly string[]): Test {
  const unknown = values.find((value) => !['starting', 'healthy', 'unhealthy', 'none'].includes(value));
  if (unknown !== undefined) throw new InvalidArgument(`unrecognized filter value for health: ${unknown}`);
  return ({ record }) => values.includes(engine.lives.of(record.id).health?.state.Status ?? 'none');
}

/** By name or id of the image or of any image below it. */
function ancestorTest(engine: Needs, values: readonly string[]): Test {
  const roots = new Set(values.flatMap((value) => imageId(engine, value) ?? []));
  return ({ record }) => {
    for (let id: string | undefined = record.image; id !== undefined; id = engine.images.lookup(id)?.parent) if (roots.has(id)) return true;
    return values.includes(record.config.Image);
  };
}

function imageId(engine: Needs, name: string): string | undefined {
  try {
    return engine.images.lookup(name)?.id;
  } catch (error) {
    if (isKind(error, 'InvalidArgument')) return undefined;
    throw error;
  }
}

/** Made before or after the container named; in the order of the list, so that two of one millisecond are told apart. */
function ageTest(engine: Needs, all: readonly Candidate[], values: readonly string[], direction: 1 | -1): Test {
  const position = new Map(all.map(({ record }, index) => [record.id, index]));
  const marks = values.map((value) => {
    if (value === '') throw new NotFound('No such container: ');
    return position.get(engine.containers.find(value).id) ?? 0;
  });
  return ({ record }) => marks.every((mark) => (mark - (position.get(record.id) ?? 0)) * direction > 0);
}

/** By a network's name, or the beginning of its id: of the one in which the container has been, of that name's where it was in none yet. */
function networkTest(engine: Needs, values: readonly string[]): Test {
  const ids = new Map(engine.networks.list().map(({ name, id }) => [name, id]));
  const isMeant = (id: string): boolean => values.some((value) => id.startsWith(value));
  return ({ record }) => Object.entries(record.networks).some(([name, { NetworkID }]) => values.includes(name) || isMeant(NetworkID || (ids.get(name) ?? '')));
}

/** What a port of the host leads to (`publish`) or what the container offers (`expose`) now; of both filters either will do. */
function portTest(engine: Needs, filters: Filters): Test {
  const [published, exposed] = [portRanges(filters, 'publish'), portRanges(filters, 'expose')];
  return ({ record, state }) =>
    portSummaries(portsOf(engine, record, state)).some(({ PublicPort, PrivatePort, Type }) => published(PublicPort ?? 0, Type) || exposed(PrivatePort, Type));
}

/** `80`, `80/udp`, `8000-8010`. Throws Internal in the words of Docker's port parser. */
function portRanges(filters: Filters, filter: 'publish' | 'expose'): (port: number, protocol: string) => boolean {
  const ranges = (filters.get(filter) ?? []).map((value) => {
    if (value.includes(':')) throw new Internal(`filter for '${filter}' should not contain ':': ${value}`);
    const [ports = '', protocol] = value.split('/', 2);
    const complaint = complaintOf(ports);
    if (complaint !== undefined) throw new Internal(`error while looking up for ${filter} ${value}: ${complaint}`);
    const [first = 0, last = first] = ports.split('-').map(Number);
    return { first, last, protocol: (protocol || 'tcp').toLowerCase() };
  });
  return (port, protocol) => ranges.some((range) => range.protocol === protocol && range.first <= port && port <= range.last);
}

function complaintOf(ports: string): string | undefined {
  if (ports === '') return 'Empty string specified for ports.';
  const [first = '', ...more] = ports.split('-');
  const bounds = more.length === 0 ? [first] : [first, more.join('-')];
  const wrong = bounds.find((bound) => !/^\d+$/.test(bound));
  if (wrong !== undefined) return `strconv.ParseUint: parsing ${quote(wrong)}: invalid syntax`;
  const large = bounds.find((bound) => Number(bound) > 0xffff);
  if (large !== undefined) return `strconv.ParseUint: parsing ${quote(large)}: value out of range`;
  return Number(bounds[1] ?? first) < Number(first) ? `Invalid range specified for the Port: ${ports}` : undefined;
}
