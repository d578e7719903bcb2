/** After a start: plugins that forget their pools and addresses when the daemon does are asked for the same ones again. */
import { messageOf } from '#base';
import type { NetworkRecord } from '../port.ts';
import type { StoredEndpoint } from '../store.ts';
import type { RemoteMeans } from './create.ts';
import type { IpamDriver } from './ipam-driver.ts';

type Means = Pick<RemoteMeans, 'room' | 'drivers' | 'holdings'>;

/**
 * The pools of a network, with their gateways and auxiliary addresses, and the addresses of the containers that run on. A
 * plugin that cannot be asked is told of. Whoever calls holds the network's lock: a new endpoint must not get one of them.
 */
export async function replayNetwork({ room, drivers, holdings }: Means, network: NetworkRecord): Promise<void> {
  try {
    const ipam = await drivers.ipam(network.ipam.driver);
    const { needsReplay, needsMac } = await ipam.capabilities();
    if (!needsReplay) return;
    await replayPools(ipam, network);
    for (const endpoint of room.store.endpointsOfNetwork(network.id)) await replaySeat({ room, holdings }, ipam, endpoint, needsMac);
  } catch (error) {
    room.warn(`network ${network.name}: its pools at plugin ${network.ipam.driver}: ${messageOf(error)}`);
  }
}

async function replayPools(ipam: IpamDriver, network: NetworkRecord): Promise<void> {
  const addressSpace = (await ipam.addressSpaces())[network.scope];
  const { options, pools } = network.ipam;
  for (const { id = '', subnet, ipRange, gateway, auxiliary } of pools) {
    await ipam.requestPool({ addressSpace, subnet, range: ipRange, options, family: subnet.includes(':') ? 6 : 4 });
    if (gateway !== '') await ipam.requestGateway(id, gateway);
    for (const address of Object.values(auxiliary)) await ipam.requestAddress(id, address, null);
  }
}

/** One whose address is refused keeps it, and the others are asked for all the same. */
async function replaySeat({ room, holdings }: Omit<Means, 'drivers'>, ipam: IpamDriver, endpoint: StoredEndpoint, needsMac: boolean): Promise<void> {
  for (const holding of holdings.of(endpoint.id)) {
    if (holding.kind !== 'address') continue;
    try {
      await ipam.requestSeat(holding.pool, holding.address, needsMac ? endpoint.macAddress : '');
    } catch (error) {
      room.warn(`container ${endpoint.containerName}: its address ${holding.address} at plugin ${holding.driver}: ${messageOf(error)}`);
    }
  }
}
