import type { Engine } from '../context.ts';

/** Removes a network without endpoints. Throws NotFound, Forbidden (`has active endpoints`, predefined). */
export async function removeNetwork(engine: Pick<Engine, 'networks' | 'events'>, nameOrId: string): Promise<void> {
  const network = engine.networks.find(nameOrId);
  await engine.networks.remove(network.id);
  engine.events.publish('network', 'destroy', network.id, { name: network.name, type: network.driver });
}
