import type { EndpointRequest, NetworkRecord } from '../port.ts';

/** Names by which DNS answers for an endpoint; the default bridge has none. */
export function dnsNamesOf(network: Pick<NetworkRecord, 'driver' | 'name'>, request: Pick<EndpointRequest, 'containerName' | 'aliases' | 'containerId' | 'hostname'>): string[] {
  if (!hasDns(network)) return [];
  const names = [request.containerName, ...request.aliases, request.containerId.slice(0, 12), request.hostname ?? ''];
  return [...new Set(names.filter((name) => name !== ''))];
}

/** Only user-defined networks resolve names. */
export function hasDns(network: Pick<NetworkRecord, 'driver' | 'name'>): boolean {
  return network.driver !== 'host' && network.driver !== 'null' && network.name !== 'bridge';
}
