import { Forbidden, InvalidArgument, NotImplemented } from '#base';
import type { CreateNetwork, NetworkRecord, Pool } from '#network';
import type { CreateNetworkBody, Ipam, IpamPool } from '#spec';
import type { Engine } from '../context.ts';
import { notAManager } from '../system/swarm.ts';
import { isPredefined } from './resource.ts';

/** Makes a network and tells of it. Throws in Docker's words: a name that is taken or reserved, addresses that cannot be. */
export async function createNetwork(engine: Pick<Engine, 'networks' | 'events'>, body: CreateNetworkBody): Promise<NetworkRecord> {
  const name = body.Name ?? '';
  if (name === '') throw new InvalidArgument('invalid network name: name is empty');
  if (isPredefined(name)) throw new Forbidden(`operation is not permitted on predefined ${name} network`);
  if (body.Driver === 'overlay' || body.Scope === 'swarm' || body.Ingress) throw new Forbidden(notAManager);
  if (body.ConfigOnly || body.ConfigFrom?.Network) throw new NotImplemented('not implemented: configuration-only networks');
  const network = await engine.networks.create(requestOf(name, body));
  engine.events.publish('network', 'create', network.id, { name: network.name, type: network.driver });
  return network;
}

function requestOf(name: string, body: CreateNetworkBody): CreateNetwork {
  return {
    name,
    driver: body.Driver || 'bridge',
    ...(typeof body.EnableIPv4 === 'boolean' ? { enableIPv4: body.EnableIPv4 } : {}),
    enableIPv6: body.EnableIPv6 ?? false,
    internal: body.Internal ?? false,
    attachable: body.Attachable ?? false,
    options: body.Options ?? {},
    labels: body.Labels ?? {},
    ...(body.IPAM ? { ipam: ipamRequest(body.IPAM) } : {}),
  };
}

function ipamRequest(ipam: Partial<Ipam>): NonNullable<CreateNetwork['ipam']> {
  return {
    ...(ipam.Driver ? { driver: ipam.Driver } : {}),
    options: ipam.Options ?? {},
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
