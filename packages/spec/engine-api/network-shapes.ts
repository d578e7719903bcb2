/** The shapes of the bodies that make and connect networks. */
import { object, type Shape } from './decode.ts';
import type { EndpointIpamConfig, EndpointSettings } from './network-settings.ts';
import type { ConnectNetworkBody, CreateNetworkBody, DisconnectNetworkBody, Ipam, IpamPool } from './network.ts';

const stringMap: Shape = { map: 'string' };
const strings: Shape = { list: 'string' };

/** A seat as clients ask for it; what they echo of an earlier answer is carried too. */
export const endpointSettings = object<EndpointSettings>('EndpointSettings', {
  IPAMConfig: object<EndpointIpamConfig>('EndpointIPAMConfig', { IPv4Address: 'string', IPv6Address: 'string', LinkLocalIPs: strings }),
  Links: strings, Aliases: strings, MacAddress: 'string', DriverOpts: stringMap, GwPriority: 'integer', NetworkID: 'string',
  EndpointID: 'string', Gateway: 'string', IPAddress: 'string', IPPrefixLen: 'integer', IPv6Gateway: 'string', GlobalIPv6Address: 'string',
  GlobalIPv6PrefixLen: 'integer', DNSNames: strings,
});

const pool = object<IpamPool>('IPAMConfig', { Subnet: 'string', IPRange: 'string', Gateway: 'string', AuxiliaryAddresses: stringMap });

/** `POST /networks/create`. */
export const createNetworkBody = object<CreateNetworkBody>('CreateRequest', {
  Name: 'string', CheckDuplicate: 'boolean', Driver: 'string', Scope: 'string', EnableIPv4: 'boolean', EnableIPv6: 'boolean',
  IPAM: object<Ipam>('IPAM', { Driver: 'string', Options: stringMap, Config: { list: pool } }),
  Internal: 'boolean', Attachable: 'boolean', Ingress: 'boolean', ConfigOnly: 'boolean',
  ConfigFrom: object('ConfigReference', { Network: 'string' }), Options: stringMap, Labels: stringMap,
});

/** `POST /networks/{id}/connect`. */
export const connectNetworkBody = object<ConnectNetworkBody>('ConnectOptions', { Container: 'string', EndpointConfig: endpointSettings });

/** `POST /networks/{id}/disconnect`. */
export const disconnectNetworkBody = object<DisconnectNetworkBody>('DisconnectOptions', { Container: 'string', Force: 'boolean' });
