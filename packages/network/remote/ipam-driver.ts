/** A keeper of addresses that is a plugin, by Docker's remote IPAM protocol: `POST /IpamDriver.Method`, failures in `Error`. */
import { Internal, InvalidArgument, isKind, parseCidr } from '#base';
import type { CallOptions, Plugin } from '#plugins';
import type { Scope } from './network-driver.ts';

export const ipamCapability = 'IpamDriver';
const macLabel = 'com.docker.network.endpoint.macaddress';
/** What an address is asked for, when it is a pool's gateway. */
const forGateway = { RequestAddressType: 'com.docker.network.gateway' };
const gatewayLabel = 'com.docker.network.gateway';

export interface RequestedPool {
  readonly id: string;
  /** CIDR. */
  readonly subnet: string;
  /** The pool's gateway as CIDR, when the plugin has chosen one by itself. */
  readonly gateway?: string;
}

export interface IpamCapabilities {
  /** It is told the hardware address of whom the address is for. */
  readonly needsMac: boolean;
  /** It forgets its pools when the daemon does, and is told of them again. */
  readonly needsReplay: boolean;
}

export class IpamDriver {
  readonly #plugin: Plugin;
  readonly #options: CallOptions;

  constructor(plugin: Plugin, options: CallOptions) {
    this.#plugin = plugin;
    this.#options = options;
  }

  /** A plugin that has no such method, or fails at it, has no needs: as with dockerd. */
  async capabilities(): Promise<IpamCapabilities> {
    const answer = await this.#ask<{ RequiresMACAddress?: boolean; RequiresRequestReplay?: boolean }>('GetCapabilities', undefined).catch((error: unknown) => {
      if (!isKind(error, 'Internal')) throw error;
      return undefined;
    });
    return { needsMac: answer?.RequiresMACAddress ?? false, needsReplay: answer?.RequiresRequestReplay ?? false };
  }

  /** Names of its address spaces: of hosts by themselves, and the one that hosts share. */
  async addressSpaces(): Promise<Readonly<Record<Scope, string>>> {
    const { LocalDefaultAddressSpace = '', GlobalDefaultAddressSpace = '' } = await this.#call<{ LocalDefaultAddressSpace?: string; GlobalDefaultAddressSpace?: string }>('GetDefaultAddressSpaces', undefined);
    return { local: LocalDefaultAddressSpace, global: GlobalDefaultAddressSpace };
  }

  /** `subnet` and `range` are CIDRs, '' for the plugin's own choice. */
  async requestPool(asked: { addressSpace: string; subnet: string; range: string; options: Readonly<Record<string, string>> | null; family: 4 | 6 }): Promise<RequestedPool> {
    const body = { AddressSpace: asked.addressSpace, Pool: asked.subnet, SubPool: asked.range, Options: asked.options, V6: asked.family === 6 };
    const { PoolID = '', Pool = '', Data } = await this.#call<{ PoolID?: string; Pool?: string; Data?: Record<string, string> | null }>('RequestPool', body);
    if (!parseCidr(Pool)) throw new InvalidArgument(`invalid CIDR address: ${Pool}`);
    const gateway = Data?.[gatewayLabel];
    if (gateway !== undefined && !parseCidr(gateway)) throw new InvalidArgument(`failed to parse gateway address (${gateway}) returned by ipam driver: invalid CIDR address: ${gateway}`);
    return { id: PoolID, subnet: Pool, ...(gateway !== undefined && { gateway }) };
  }

  async releasePool(pool: string): Promise<void> {
    await this.#call('ReleasePool', { PoolID: pool });
  }

  /** An address of the pool with its prefix, as CIDR: the wanted one, or with '' any. */
  async requestAddress(pool: string, wanted: string, options: Readonly<Record<string, string>> | null): Promise<string> {
    const { Address = '' } = await this.#call<{ Address?: string }>('RequestAddress', { PoolID: pool, Address: wanted, Options: options });
    if (Address === '') throw new Internal('ipam driver returned no IP address');
    if (!parseCidr(Address)) throw new InvalidArgument(`invalid CIDR address: ${Address}`);
    return Address;
  }

  /** An endpoint's; `macAddress` is told to plugins that want to know it, '' for the others. */
  requestSeat(pool: string, wanted: string, macAddress: string): Promise<string> {
    return this.requestAddress(pool, wanted, macAddress === '' ? null : { [macLabel]: macAddress });
  }

  requestGateway(pool: string, wanted: string): Promise<string> {
    return this.requestAddress(pool, wanted, forGateway);
  }

  async releaseAddress(pool: string, address: string): Promise<void> {
    await this.#call('ReleaseAddress', { PoolID: pool, Address: address });
  }

  async #call<T extends object>(method: string, body: object | undefined): Promise<T> {
    const answer = await this.#ask<T>(method, body);
    if (!answer) throw new Internal(`${ipamCapability}.${method}: 404 page not found`);
    return answer;
  }

  async #ask<T extends object>(method: string, body: object | undefined): Promise<T | undefined> {
    const answer = await this.#plugin.ask<T & { readonly Error?: string }>(`${ipamCapability}.${method}`, body, this.#options);
    if (answer?.Error) throw new Internal(`remote: ${answer.Error}`);
    return answer;
  }
}
