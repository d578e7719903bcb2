/** The room over a recorded host, and what is asked of it again and again. */
import type { TestContext } from 'node:test';
import { Database } from '#base';
import { recordHost } from './kernel.fake.ts';
import { createNetworks } from './open.ts';
import type { EndpointRequest, PortBinding, Sandbox } from './port.ts';

/** Closed after the test, however it ends: open resolvers would keep the process. */
export async function openRoom(t: TestContext, db = new Database(':memory:'), host = recordHost(), running: readonly Sandbox[] = []) {
  const warnings: string[] = [];
  const networks = createNetworks({ db, execRoot: '/run/naru', host, warn: (message) => void warnings.push(message) });
  t.after(() => networks.close({ keepDataPath: true }));
  await networks.recover(running);
  host.journal.length = 0;
  host.nftables.transactions.length = 0;
  return { networks, host, db, warnings };
}

export const request = (name: string, rest: Partial<EndpointRequest> = {}): EndpointRequest => ({ containerId: name.repeat(64).slice(0, 64), containerName: name, network: 'bridge', aliases: [], ports: [], ...rest });
export const tcp = (containerPort: number, hostPort: number, rest: Partial<PortBinding> = {}): PortBinding => ({ protocol: 'tcp', containerPort, hostIp: '', hostPort, hostPortEnd: hostPort, ...rest });
export const noDns = { servers: [], search: [], options: [] };
