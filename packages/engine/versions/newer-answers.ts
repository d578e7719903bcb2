/** Answers that later versions of the API have otherwise than 1.50 had them. */
import { parseCidr, sizeOf } from '#base';
import type { NetworkRecord } from '#network';
import { inside, omit, omitEmpty, type Difference, type Document, type Knowledge } from './difference.ts';

/** The default bridge's own figures, beside those of each network. */
const bridgeFields = [
  'Bridge', 'HairpinMode', 'LinkLocalIPv6Address', 'LinkLocalIPv6PrefixLen', 'SecondaryIPAddresses', 'SecondaryIPv6Addresses', 'EndpointID', 'Gateway',
  'GlobalIPv6Address', 'GlobalIPv6PrefixLen', 'IPAddress', 'IPPrefixLen', 'IPv6Gateway', 'MacAddress',
];
/** Larger counts are no integers of JSON any more. */
const mostCounted = 2n ** 63n;

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
    route: 'GET /networks/{id}',
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

/** Used addresses by subnet: containers', the gateway, reserved ones, and those that no host has (the network's own, IPv4's broadcast). */
function subnetsOf(networks: Knowledge['networks'], network: NetworkRecord): Document {
  const endpoints = networks.endpoints({ networkId: network.id });
  return Object.fromEntries(
    network.ipam.pools.flatMap(({ subnet, ipRange, auxiliary, gateway }) => {
      const whole = parseCidr(subnet);
      const range = parseCidr(ipRange) ?? whole;
      if (!whole || !range) return [];
      const seats = endpoints.filter((endpoint) => (whole.family === 4 ? endpoint.ipv4 : endpoint.ipv6)).length;
      const used = seats + Object.keys(auxiliary).length + (gateway ? 1 : 0) + (whole.family === 4 ? 2 : 1);
      const free = sizeOf(range) - BigInt(used);
      return [[subnet, { IPsInUse: used, DynamicIPsAvailable: Number(free < 0n ? 0n : free > mostCounted ? mostCounted : free) }]];
    }),
  );
}
