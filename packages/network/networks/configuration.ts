/** Networks that hold settings for others to take: `--config-only` and `--config-from`. */
import { Forbidden, newId, NotFound, quote } from '#base';
import { validatePools } from '../ipam/validate.ts';
import type { CreateNetwork, NetworkRecord } from '../port.ts';
import type { Room } from '../room.ts';
import { validateAdvertising } from './advertise.ts';

/** The record of a network that is nothing but settings. Throws Forbidden for what only a real one can have. */
export function configurationOf(request: CreateNetwork): NetworkRecord {
  if (request.configFrom) throw new Forbidden('a configuration network cannot depend on another configuration network');
  if (request.internal || request.attachable) {
    throw new Forbidden('configuration network can only contain network specific fields. Network operator fields like [ ingress | internal | attachable | scope ] are not supported.');
  }
  const pools = request.ipam?.pools ?? [];
  validatePools(pools);
  validateAdvertising({ options: request.options ?? {} });
  return {
    id: newId(), name: request.name, driver: 'null', scope: 'local', created: Date.now(), enableIPv4: request.enableIPv4 ?? true, enableIPv6: request.enableIPv6 ?? false,
    internal: false, attachable: false, configOnly: true, options: request.options ?? {}, labels: request.labels ?? {}, interfaceName: '',
    ipam: { driver: request.ipam?.driver || 'default', options: request.ipam?.options ?? null, pools: pools.map((pool) => ({ subnet: '', ipRange: '', gateway: '', auxiliary: {}, ...pool })) },
  };
}

/** The request with the settings of the network it names in `configFrom`. Throws NotFound or Forbidden in Docker's words. */
export function withConfiguration({ store }: Room, request: CreateNetwork): CreateNetwork {
  const { configFrom } = request;
  if (!configFrom) return request;
  const source = configurationSource({ store }, request);
  if (!source?.configOnly) throw new NotFound(`configuration network ${quote(configFrom)} does not exist`);
  if (Object.keys(request.options ?? {}).length > 0 || (request.ipam?.pools ?? []).length > 0 || request.enableIPv6) {
    throw new Forbidden('user specified configurations are not supported if the network depends on a configuration network');
  }
  const { enableIPv4, enableIPv6, options, ipam } = source;
  return { ...request, enableIPv4, enableIPv6, options, labels: { ...source.labels, ...request.labels }, ipam };
}

/** The network that a request names in `configFrom`; undefined where there is none, or none is named. */
export function configurationSource({ store }: Pick<Room, 'store'>, { configFrom }: CreateNetwork): NetworkRecord | undefined {
  return configFrom ? store.networks().find(({ name, id }) => name === configFrom || id === configFrom) : undefined;
}

/** The name of a network that took its settings from this one; undefined when none did. */
export function dependentOf({ store }: Room, network: NetworkRecord): string | undefined {
  return network.configOnly ? store.networks().find(({ configFrom }) => configFrom === network.name)?.name : undefined;
}
