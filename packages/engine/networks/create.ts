import { Forbidden, InvalidArgument, parseBool, quote } from '#base';
import type { CreateNetwork, NetworkRecord, Pool } from '#network';
import type { CreateNetworkBody, Ipam, IpamPool } from '#spec';
import type { Engine, EngineConfig } from '../context.ts';

/** Makes a network and tells of it. Throws in Docker's words: a name that is taken or reserved, addresses that cannot be. */
export async function createNetwork(engine: Pick<Engine, 'config' | 'networks' | 'events'>, body: CreateNetworkBody): Promise<NetworkRecord> {
  if (body.Scope === 'swarm') throw new Forbidden('cannot create a swarm scoped network when swarm is not active');
  if (body.Ingress) throw new Forbidden('Ingress network can only be global scope network');
  const network = await engine.networks.create(requestOf(body, engine.config.defaultNetworkOptions));
  engine.events.publish('network', 'create', network.id, { name: network.name, type: network.driver });
  return network;
}

function requestOf(body: CreateNetworkBody, defaults: EngineConfig['defaultNetworkOptions']): CreateNetwork {
  const driver = body.Driver || 'bridge';
  const options = { ...(body.ConfigFrom?.Network ? {} : defaults[driver]), ...body.Options };
  const enableIPv4 = body.EnableIPv4 ?? switchIn(options, 'com.docker.network.enable_ipv4');
  return {
    name: body.Name ?? '',
    driver,
    ...(enableIPv4 === undefined ? {} : { enableIPv4 }),
    enableIPv6: body.EnableIPv6 ?? switchIn(options, 'com.docker.network.enable_ipv6') ?? false,
    internal: body.Internal ?? false,
    attachable: body.Attachable ?? false,
    ...(body.ConfigOnly ? { configOnly: true } : {}),
    ...(body.ConfigFrom?.Network ? { configFrom: body.ConfigFrom.Network } : {}),
    options,
    labels: body.Labels ?? {},
    ...(body.IPAM ? { ipam: ipamRequest(body.IPAM) } : {}),
  };
}

/** An option that is a boolean as Go reads it (strconv.ParseBool); undefined when it is not given. */
function switchIn(options: Readonly<Record<string, string>>, name: string): boolean | undefined {
  const text = options[name];
  if (text === undefined) return undefined;
  try {
    return parseBool(text);
  } catch (cause) {
    throw new InvalidArgument(`driver-opt ${quote(name)} is not a valid bool`, { cause });
  }
}

function ipamRequest(ipam: Partial<Ipam>): NonNullable<CreateNetwork['ipam']> {
  return {
    ...(ipam.Driver ? { driver: ipam.Driver } : {}),
    options: ipam.Options ?? null,
    pools: (ipam.Config ?? []).map(poolRequest),
  };
}

function poolRequest(pool: IpamPool): Partial<Pool> {
  return {
    ...(pool.Subnet ? { subnet: pool.Subnet } : {}),
    ...(pool.IPRange ? { ipRange: pool.IPRange } : {}),
    ...(pool.Gateway ? { gateway: pool.Gateway } : {}),
    ...(pool.AuxiliaryAddresses ? { auxiliary: pool.AuxiliaryAddresses } : {}),
  };
}
