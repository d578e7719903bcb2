/** Finds the plugins that drive networks and keep addresses, by their names. */
import type { CallOptions, Plugins } from '#plugins';
import { IpamDriver, ipamCapability } from './ipam-driver.ts';
import { NetworkDriver, networkCapability } from './network-driver.ts';

export interface DriverLookup {
  /** Throws NotFound (`plugin "x" not found`), or Unavailable for one that does not answer. */
  network(name: string): Promise<NetworkDriver>;
  ipam(name: string): Promise<IpamDriver>;
}

/** Every call has these options. */
export function lookUp(plugins: Plugins, options: CallOptions): DriverLookup {
  return {
    network: async (name) => new NetworkDriver(await plugins.get(name, networkCapability, options), options),
    ipam: async (name) => new IpamDriver(await plugins.get(name, ipamCapability, options), options),
  };
}
