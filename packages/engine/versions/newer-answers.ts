/** Answers that later versions of the API have otherwise than 1.50 had them. */
import { contains, parseCidr, parseIp, sizeOf, type Ip } from '#base';
import type { NetworkRecord, Pool } from '#network';
import { inside, omit, omitEmpty, type Difference, type Document, type Knowledge } from './difference.ts';

/** The default bridge's own figures, beside those of each network. */
const bridgeFields = [
  'Bridge', 'HairpinMode', 'LinkLocalIPv6Address', 'LinkLocalIPv6PrefixLen', 'SecondaryIPAddresses', 'SecondaryIPv6Addresses', 'EndpointID', 'Gateway',
  'GlobalIPv6Address', 'GlobalIPv6PrefixLen', 'IPAddress', 'IPPrefixLen', 'IPv6Gateway', 'MacAddress',
];
/** Counts are 64 bits wide. */
const mostCounted = 2n ** 64n - 1n;

export const newerAnswers: readonly Difference[] = [
  {
    route: 'GET /images/json',
    from: '1.51',
    told: 'Containers counts those that use the image',
    rows: (images, { containers }) => {
      const users = Map.groupBy(containers.list(), (container) => container.image as string);
      for (const image of images) image['Containers'] = users.get(String(image['Id']))?.length ?? 0;
    },
  },
  {
    route: 'GET /containers/{id}/json',
    from: '1.52',
    told: 'NetworkSettings tells of networks alone, Config.OnBuild when there is one and no MacAddress, HostConfig nothing of KernelMemoryTCP',
    answer: (answer) => {
      omit(inside(answer as Document, 'NetworkSettings'), bridgeFields);
      omitEmpty(inside(answer as Document, 'Config'), ['OnBuild']);
      omit(inside(answer as Document, 'Config'), ['MacAddress']);
      omit(inside(answer as Document, 'HostConfig'), ['KernelMemoryTCP']);
    },
  },
  {
    route: 'GET /containers/json',
    from: '1.52',
    told: 'there is the container\'s Health',
    rows: (containers, { lives }) => {
      for (const container of containers) container['Health'] = healthOf(lives.of(String(container['Id'])));
    },
  },
  {
    route: 'GET /images/{name:.*}/json',
    from: '1.52',
    told: 'what is empty is left out',
    answer: (answer) => {
      omitEmpty(answer as Document, ['Parent', 'Comment', 'DockerVersion', 'Author']);
      omitEmpty(inside(answer as Document, 'Config'), ['Cmd', 'Entrypoint', 'Env', 'Labels', 'OnBuild', 'User', 'Volumes', 'WorkingDir']);
    },
  },
  {
    route: 'GET /networks',
    from: '1.52',
    told: 'Containers are told of one network alone',
    rows: (networks) => networks.forEach((network) => omit(network, ['Containers'])),
  },
  {
    route: 'GET /networks/{id:.*}',
    from: '1.52',
    told: 'there is the Status of its address pools',
    answer: (answer, { networks }) => {
      const network = answer as Document;
      network['Status'] = { IPAM: { Subnets: subnetsOf(networks, networks.find(String(network['Id']))) } };
    },
  },
];

function healthOf({ health }: ReturnType<Knowledge['lives']['of']>): Document {
  return { Status: health?.state.Status ?? 'none', FailingStreak: health?.state.FailingStreak ?? 0 };
}

/** How full each subnet is. */
function subnetsOf(networks: Knowledge['networks'], network: NetworkRecord): Document {
  const seats = networks.endpoints({ networkId: network.id }).flatMap(({ ipv4, ipv6 }) => [ipv4, ipv6].flatMap((lease) => lease?.address ?? []));
  return Object.fromEntries(network.ipam.pools.flatMap((pool) => fillOf(pool, seats)));
}

/** Used are containers' addresses, the gateway, reserved ones and those that no host has; free is what the range has left, wherever in the subnet the used ones lie. */
function fillOf({ subnet, ipRange, auxiliary, gateway }: Pool, seats: readonly string[]): [string, Document][] {
  const whole = parseCidr(subnet);
  const range = parseCidr(ipRange) ?? whole;
  if (!whole || !range) return [];
  const taken = [...seats, gateway, ...Object.values(auxiliary)].flatMap((address) => parseIp(address) ?? []).filter((ip) => contains(whole, ip));
  const used = new Map([...taken, ...nobodys(whole)].map((ip) => [ip.value, ip]));
  const free = sizeOf(range) - BigInt([...used.values()].filter((ip) => contains(range, ip)).length);
  return [[subnet, { IPsInUse: used.size, DynamicIPsAvailable: numberOf(free > mostCounted ? mostCounted : free) }]];
}

/** The subnet's own address and IPv4's broadcast, where there are more than these (RFC 3021). */
function nobodys(subnet: { readonly family: 4 | 6; readonly base: bigint; readonly prefix: number }): Ip[] {
  const { family, base } = subnet;
  const size = sizeOf(subnet);
  if (size <= 2n) return [];
  return [{ family, value: base }, ...(family === 4 ? [{ family, value: base + size - 1n }] : [])];
}

/** Digit for digit where a number would be rounded. */
function numberOf(count: bigint): unknown {
  if (count <= BigInt(Number.MAX_SAFE_INTEGER)) return Number(count);
  const { rawJSON } = JSON as unknown as { rawJSON(text: string): unknown };
  return rawJSON(String(count));
}
