/** The hardware address of a container as a whole: since API 1.44 an older way to say that of its main network's endpoint. */
import { InvalidArgument } from '#base';
import type { CreateContainerBody } from '#spec';
import { isUserDefined, networkOf } from './modes.ts';

const deprecated = 'The container-wide MacAddress field is now deprecated. It should be specified in EndpointsConfig instead.';

/** The warning that goes with it, none where it is not used. Throws InvalidArgument where it and the endpoints contradict each other. */
export function macAddressWarnings({ MacAddress, HostConfig, NetworkingConfig }: CreateContainerBody): string[] {
  if (!MacAddress) return [];
  const mode = networkOf(HostConfig?.NetworkMode ?? '');
  const endpoints = NetworkingConfig?.EndpointsConfig ?? {};
  if ((mode === 'bridge' || isUserDefined(mode)) && Object.keys(endpoints).length > 0) {
    const main = endpoints[mode] ?? (mode === 'bridge' ? endpoints['default'] : undefined);
    if (!main) throw new InvalidArgument('if a container-wide MAC address is supplied, HostConfig.NetworkMode must match the identity of a network in NetworkSettings.Networks');
    if (main.MacAddress && main.MacAddress !== MacAddress) {
      throw new InvalidArgument('the container-wide MAC address must match the endpoint-specific MAC address for the main network, or be left empty');
    }
  }
  return [deprecated];
}
