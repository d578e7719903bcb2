import { NotFound } from '#base';
import type { NetworkResource } from '#spec';
import type { Engine } from '../context.ts';
import { networkContainers, networkResource } from './resource.ts';

/** One network with the containers that sit on it. Throws NotFound, also for one of another scope than asked ('' for any). */
export function inspectNetwork(
  engine: Pick<Engine, 'networks' | 'containers' | 'supervisor'>,
  nameOrId: string,
  options: { scope: string; showIPv4: boolean },
): NetworkResource {
  const network = engine.networks.find(nameOrId);
  if (options.scope !== '' && options.scope !== network.scope) throw new NotFound(`network ${nameOrId} not found`);
  return { ...networkResource(network, options), Containers: networkContainers(engine, network) };
}
