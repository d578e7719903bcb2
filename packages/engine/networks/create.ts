import { Forbidden } from '#base';
import type { CreateNetwork, NetworkRecord, Pool } from '#network';
import type { CreateNetworkBody, Ipam, IpamPool } from '#spec';
import type { Engine } from '../context.ts';
import { notAManager } from '../system/swarm.ts';

/** Makes a network and tells of it. Throws in Docker's words: a name that is taken or reserved, addresses that cannot be. */
export async function createNetwork(engine: Pick<Engine, 'networks' | 'events'>, body: CreateNetworkBody): Promise<NetworkRecord> {
  if (body.Scope === 'swarm' || body.Ingress) throw new Forbidden(notAManager);
  const network = await engine.networks.create(requestOf(body));
  engine.events.publish('network', 'create', network.id, { name: network.name, type: network.driver });
  return network;
}

function requestOf(body: CreateNetworkBody): CreateNetwork {
  return {
    name: body.Name ?? '',
    driver: body.Driver || 'bridge',
    ...(typeof body.EnableIPv4 === 'boolean' ? { enableIPv4: body.EnableIPv4 } : {}),
    enableIPv6: body.EnableIPv6 ?? body.Options?.['com.docker.network.enable_ipv6'] === 'true',
    internal: body.Internal ?? false,
    attachable: body.Attachable ?? false,
    ...(body.ConfigOnly ? { configOnly: true } : {}),
    ...(body.ConfigFrom?.Network ? { configFrom: body.ConfigFrom.Network } : {}),
    options: body.Options ?? {},
    labels: body.Labels ?? {},
    ...(body.IPAM ? { ipam: ipamRequest(body.IPAM) } : {}),
  };
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
