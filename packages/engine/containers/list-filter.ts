/** The filters of `GET /containers/json`. */
import { Internal, InvalidArgument, isKind } from '#base';
import type { Engine } from '../context.ts';
import { booleanFilter, matchesLabels, type Filters } from '../filters.ts';
import { portsOf } from './network-settings.ts';
import { parsePort } from './spec/ports.ts';
import { portSummaries, type Candidate } from './summary.ts';

export const listFilters = [
  'ancestor', 'before', 'exited', 'expose', 'health', 'id', 'is-task', 'isolation', 'label', 'name', 'network', 'publish', 'since', 'status', 'volume',
] as const;

type Test = (candidate: Candidate) => boolean;
type Needs = Pick<Engine, 'containers' | 'images' | 'networks' | 'lives'>;

/** One test out of all filters: each must hold, of a filter's values one. Throws in Docker's words. */
export function listFilter(engine: Needs, all: readonly Candidate[], filters: Filters): Test {
  const tests = [...filters].filter(([, values]) => values.length > 0).map(([name, values]) => testFor(engine, all, name, values, filters));
  return (candidate) => tests.every((test) => test(candidate));
}

function testFor(engine: Needs, all: readonly Candidate[], name: string, values: readonly string[], filters: Filters): Test {
  switch (name) {
    case 'id':
      return ({ record }) => values.some((value) => record.id.startsWith(value) || matches(value, record.id));
    case 'name':
      return ({ record }) => values.some((value) => matches(value, `/${record.name}`) || matches(value.replace(/^\//, ''), record.name));
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
      return portTest(filters);
    case 'is-task':
      // No container here is a swarm's task.
      return () => booleanFilter(filters, 'is-task') !== true;
    default:
      return () => values.includes('default') || values.includes('');
  }
}

/** A regular expression found anywhere; what does not compile is compared as text. */
function matches(pattern: string, text: string): boolean {
  try {
    return new RegExp(pattern).test(text);
  } catch {
    return text.includes(pattern);
  }
}

const statuses = ['created', 'running', 'paused', 'restarting', 'removing', 'exited', 'dead'];

function statusTest(values: readonly string[]): Test {
  const unknown = values.find((value) => !statuses.includes(value));
  if (unknown !== undefined) throw new InvalidArgument(`invalid filter 'status=${unknown}'`);
  return ({ state }) => values.includes(state.status);
}

function exitedTest(values: readonly string[]): Test {
  const codes = values.map((value) => {
    if (!/^[+-]?\d+$/.test(value)) throw new InvalidArgument(`invalid filter 'exited=${value}': strconv.Atoi: parsing ${JSON.stringify(value)}: invalid syntax`);
    return Number(value);
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
  const marks = values.map((value) => position.get(engine.containers.find(value).id) ?? 0);
  return ({ record }) => marks.every((mark) => (mark - (position.get(record.id) ?? 0)) * direction > 0);
}

function networkTest(engine: Needs, values: readonly string[]): Test {
  const names = new Set(values);
  for (const network of engine.networks.list()) if (values.some((value) => network.id.startsWith(value))) names.add(network.name);
  return ({ record }) => Object.keys(record.networks).some((name) => names.has(name));
}

/** What a port of the host leads to (`publish`) or what the container offers (`expose`) now; of both filters either will do. */
function portTest(filters: Filters): Test {
  const [published, exposed] = [portRanges(filters, 'publish'), portRanges(filters, 'expose')];
  return ({ record, state }) =>
    portSummaries(portsOf(record, state)).some(({ PublicPort, PrivatePort, Type }) => published(PublicPort ?? 0, Type) || exposed(PrivatePort, Type));
}

/** `80`, `80/udp`, `8000-8010`. */
function portRanges(filters: Filters, filter: 'publish' | 'expose'): (port: number, protocol: string) => boolean {
  const ranges = (filters.get(filter) ?? []).map((value) => {
    if (!/^\d+(-\d+)?(\/(tcp|udp|sctp))?$/.test(value)) throw new Internal(`error while looking up for ${filter} ${value}: strconv.ParseUint: parsing ${JSON.stringify(value.split('/', 1)[0])}: invalid syntax`);
    return parsePort(value);
  });
  return (port, protocol) => ranges.some((range) => range.protocol === protocol && range.port <= port && port <= range.end);
}
