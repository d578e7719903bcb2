/** `network.Inspect`. */
import { any, flag, listOf, mapOf, struct, text, time } from './shape.ts';

const pool = struct('network.IPAMConfig', { Subnet: text, IPRange: text, Gateway: text, 'AuxAddress/AuxiliaryAddresses': mapOf(text) });
const ipam = struct('network.IPAM', { Driver: text, Options: mapOf(text), Config: listOf(pool) });
const endpoint = struct('network.EndpointResource', { Name: text, EndpointID: text, MacAddress: text, IPv4Address: text, IPv6Address: text });

export const networkShape = struct('network.Inspect', {
  Name: text, 'ID/Id': text, Created: time, Scope: text, Driver: text, EnableIPv4: flag, EnableIPv6: flag, IPAM: ipam, Internal: flag, Attachable: flag, Ingress: flag,
  ConfigFrom: struct('network.ConfigReference', { Network: text }), ConfigOnly: flag, Containers: mapOf(endpoint), Options: mapOf(text), Labels: mapOf(text), Peers: listOf(any), Services: mapOf(any),
});
