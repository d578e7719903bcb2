import { createHash } from 'node:crypto';

/**
 * Names of one daemon's things on the host, where several daemons may live side by side: the default bridge
 * `naru0` or `naru-<8 hex>`, the table `naru_<8 hex>`. User-defined bridges are `br-<12 hex of the network's id>`, as
 * Docker calls them and firewalls' rules name them, and a container's end on the host `nr<12 hex of the endpoint's id>`,
 * random and thus nobody else's.
 */
export interface InstanceNames {
  readonly defaultBridge: string;
  readonly table: string;
  /** The pair of links through which the firewall guard sends packets round. */
  readonly guardIn: string;
  readonly guardOut: string;
  /** Packet mark, and number of a routing table, of this daemon alone. */
  readonly mark: number;
}

/** The directory of the daemon that has the short names. */
export const defaultExecRoot = '/run/naru';

/** Names made from the daemon's exec root, the one directory that no two daemons share. */
export function namesOf(execRoot: string): InstanceNames {
  const hash = createHash('sha256').update(execRoot).digest('hex').slice(0, 8);
  const short = execRoot === defaultExecRoot ? 'naru0' : `nr-${hash}`;
  return {
    defaultBridge: execRoot === defaultExecRoot ? 'naru0' : `naru-${hash}`,
    table: `naru_${hash}`,
    guardIn: `${short}-in`,
    guardOut: `${short}-out`,
    mark: 0x6e610000 + parseInt(hash.slice(0, 4), 16),
  };
}

export function bridgeNameOf(networkId: string): string {
  return `br-${networkId.slice(0, 12)}`;
}

/** Fixed by the network, so that a bridge made anew is the neighbour its containers know. */
export function bridgeMacOf(networkId: string): string {
  return ['02', '42', ...(networkId.slice(0, 8).match(/../g) ?? [])].join(':');
}

/** Whether a bridge is of some Naru daemon: dockerd's have such names too, but addresses that say nothing of them. */
export function isNaruBridge({ name, mac }: { readonly name: string; readonly mac: string }): boolean {
  const id = /^br-([0-9a-f]{12})$/.exec(name)?.[1];
  return id === undefined ? /^naru0$|^naru-[0-9a-f]{8}$/.test(name) : mac === bridgeMacOf(id);
}

export function vethNameOf(endpointId: string): string {
  return `nr${endpointId.slice(0, 12)}`;
}
