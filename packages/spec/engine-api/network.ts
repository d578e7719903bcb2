/** Engine API, networks. */
import type { EndpointSettings } from './network-settings.ts';

/** `GET /networks/{id}` and, without `Containers` filled, an entry of `GET /networks`. */
export interface NetworkResource {
  Name: string;
  Id: string;
  Created: string;
  Scope: string;
  Driver: string;
  /** Since API 1.47. */
  EnableIPv4?: boolean;
  EnableIPv6: boolean;
  IPAM: Ipam;
  Internal: boolean;
  Attachable: boolean;
  Ingress: boolean;
  ConfigFrom: { Network: string };
  ConfigOnly: boolean;
  Containers: Record<string, NetworkContainer>;
  Options: Record<string, string>;
  Labels: Record<string, string>;
}

export interface Ipam {
  Driver: string;
  Options: Record<string, string> | null;
  Config: IpamPool[] | null;
}

/** Addresses in CIDR form, but for `Gateway` and `AuxiliaryAddresses`. */
export interface IpamPool {
  Subnet?: string;
  IPRange?: string;
  Gateway?: string;
  AuxiliaryAddresses?: Record<string, string>;
}

/** One container on a network; addresses with their prefix length. */
export interface NetworkContainer {
  Name: string;
  EndpointID: string;
  MacAddress: string;
  IPv4Address: string;
  IPv6Address: string;
}

/** Body of `POST /networks/create`. */
export interface CreateNetworkBody {
  Name?: string;
  /** Before API 1.44: false allows two networks of one name. Ignored since. */
  CheckDuplicate?: boolean;
  Driver?: string;
  Scope?: string;
  EnableIPv4?: boolean | null;
  EnableIPv6?: boolean | null;
  IPAM?: Partial<Ipam> | null;
  Internal?: boolean;
  Attachable?: boolean;
  Ingress?: boolean;
  ConfigOnly?: boolean;
  ConfigFrom?: { Network?: string } | null;
  Options?: Record<string, string> | null;
  Labels?: Record<string, string> | null;
}

/** Body of `POST /networks/{id}/connect`. */
export interface ConnectNetworkBody {
  Container?: string;
  EndpointConfig?: Partial<EndpointSettings> | null;
}

/** Body of `POST /networks/{id}/disconnect`. */
export interface DisconnectNetworkBody {
  Container?: string;
  Force?: boolean;
}
