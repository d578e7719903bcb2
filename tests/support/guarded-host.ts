/**
 * A whole host in a network namespace: a client outside, a published port inside, a firewall on the way. Run as
 * `unshare -n node guarded-host.ts RP_FILTER GUARDED`; prints what the client got in each phase as JSON.
 */
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ok, until } from './command.ts';
import { fetchCommand, NetworkWorld, noDns, Sandbox } from './sandbox.ts';

const [rpFilter = '0', guarded = 'true'] = process.argv.slice(2);
const sh = (script: string) => ok('sh', ['-e', '-c', script]);

await sh(`ip link set lo up; echo ${rpFilter} > /proc/sys/net/ipv4/conf/all/rp_filter; echo ${rpFilter} > /proc/sys/net/ipv4/conf/default/rp_filter`);
await using client = await Sandbox.open('0'.repeat(64));
await sh(`ip link add up0 type veth peer name eth0 netns ${client.pid}; ip addr add 203.0.113.1/24 dev up0; ip addr add 2001:db8::1/64 dev up0 nodad; ip link set up0 up`);
await client.sh('ip link set lo up; ip addr add 203.0.113.2/24 dev eth0; ip addr add 2001:db8::2/64 dev eth0 nodad; ip link set eth0 up');
await until('addresses that are known to be unique', async () => !(await ok('ip', ['-6', 'addr', 'show', 'dev', 'up0'])).includes('tentative'));

await using world = new NetworkWorld({ guardPublishedPorts: guarded === 'true' });
await world.networks.recover([]);
await world.networks.create({ name: 'dual', enableIPv6: true });
const server = await world.attach('server', { network: 'dual', ports: [{ protocol: 'tcp', containerPort: 80, hostIp: '', hostPort: 8080, hostPortEnd: 8080 }] });
mkdirSync(join(world.directory, 'cgi-bin'));
writeFileSync(join(world.directory, 'cgi-bin', 'who'), '#!/bin/sh\nprintf "Content-Type: text/plain\\r\\n\\r\\n$REMOTE_ADDR\\n"\n');
chmodSync(join(world.directory, 'cgi-bin', 'who'), 0o755);
await server.serve(80, '-', world.directory);

const phases: Record<string, string[]> = {};
phases['no firewall'] = await whoAmI();
await sh(`nft 'table inet fw {\n chain input {\n type filter hook input priority 0; policy drop; ct state established,related accept; meta l4proto 58 accept\n }\n }'`);
phases['input dropped'] = await whoAmI(guarded === 'true' ? 2 : 60);
await sh('nft add rule inet fw input ip saddr 203.0.113.2 tcp dport 8080 accept; nft add rule inet fw input ip6 saddr 2001:db8::2 tcp dport 8080 accept');
phases['let in'] = await whoAmI();
const ofLink = (await ok('ip', ['-6', '-o', 'addr', 'show', 'dev', 'up0', 'scope', 'link'])).match(/fe80[^/]*/)?.[0] ?? '';
await sh('nft add rule inet fw input ip6 saddr fe80::/10 tcp dport 8080 accept');
phases['at an address of one link: from outside, from the host'] = [await served(client, `${ofLink}%eth0`), await served(undefined, `${ofLink}%up0`)];

await client.serve(9000, '-', world.directory);
phases['from a translated network'] = [await who(server, '203.0.113.2', 9000), await who(server, '2001:db8::2', 9000)];
if (rpFilter === '0' && guarded === 'true') {
  await otherWaysIn();
  await opened();
  await othersRules();
}
process.stdout.write(JSON.stringify(phases));

/** Networks that are reached at the containers' own addresses: routed ones, and others by a link they trust. */
async function otherWaysIn(): Promise<void> {
  await world.networks.create({ name: 'routed', options: { 'com.docker.network.bridge.gateway_mode_ipv4': 'routed' }, ipam: { pools: [{ subnet: '10.214.0.0/24' }] } });
  const routed = await world.attach('routed', { network: 'routed', ports: [{ protocol: 'tcp', containerPort: 80, hostIp: '', hostPort: 8081, hostPortEnd: 8081 }] });
  await routed.serve(80, '-', world.directory);
  await routed.serve(82, '-', world.directory);
  await client.sh('ip route add 10.214.0.0/24 via 203.0.113.1');
  phases['routed: out, published, not published'] = [await who(routed, '203.0.113.2', 9000), await who(client, '10.214.0.2', 80), await who(client, '10.214.0.2', 82, 2)];
  const both = await Sandbox.open('b'.repeat(64));
  world.sandboxes.push(both);
  const published = [{ protocol: 'tcp', containerPort: 80, hostIp: '', hostPort: 8086, hostPortEnd: 8086 }] as const;
  const seat = { containerId: both.containerId, containerName: 'both', aliases: [] };
  await world.networks.allocate({ ...seat, network: 'dual', gatewayPriority: 1, ports: published });
  const { ipv4 } = await world.networks.allocate({ ...seat, network: 'routed', ports: [], containerPorts: { published, exposed: [] } });
  await world.networks.attach(both, noDns);
  for (const port of [80, 82]) await both.serve(port, '-', world.directory);
  await sh('nft add rule inet fw input tcp dport 8086 accept');
  phases['published by another network of the container: there, in the routed one, not published'] = [await who(client, '203.0.113.1', 8086), await who(client, ipv4?.address ?? '', 80), await who(client, ipv4?.address ?? '', 82, 2)];
  await world.networks.create({ name: 'routed6', enableIPv6: true, options: { 'com.docker.network.bridge.gateway_mode_ipv6': 'routed' }, ipam: { pools: [{ subnet: '10.216.0.0/24' }, { subnet: 'fd16::/64' }] } });
  const six = await world.attach('routed6', { network: 'routed6', ports: [{ protocol: 'tcp', containerPort: 80, hostIp: '', hostPort: 8083, hostPortEnd: 8083 }] });
  const at = world.networks.endpoints({ containerId: six.containerId })[0]?.ipv6?.address ?? '';
  for (const port of [80, 82]) await six.serve(port, '-', world.directory);
  await sh('nft add rule inet fw input tcp dport 8083 accept');
  await client.sh('ip route add 10.216.0.0/24 via 203.0.113.1; ip -6 route add fd16::/64 via 2001:db8::1');
  phases['routed over IPv6 alone: out over both, published, its IPv4 port at the host, not published'] = [
    (await who(six, '2001:db8::2', 9000)) === at ? 'its own' : '', await who(six, '203.0.113.2', 9000), await who(client, at, 80), await who(client, '203.0.113.1', 8083), await who(client, at, 82, 2), await who(client, world.addressOf(six), 80, 2),
  ];
  await world.networks.create({ name: 'trusting', options: { 'com.docker.network.bridge.trusted_host_interfaces': 'up0' }, ipam: { pools: [{ subnet: '10.215.0.0/24' }] } });
  const trusting = await world.attach('trusting', { network: 'trusting', ports: [{ protocol: 'tcp', containerPort: 80, hostIp: '', hostPort: 8082, hostPortEnd: 8082 }] });
  await trusting.serve(80, '-', world.directory);
  await trusting.serve(82, '-', world.directory);
  await client.sh('ip route add 10.215.0.0/24 via 203.0.113.1');
  phases['at its own address, by a trusted link: published, not published'] = [await who(client, '10.215.0.2', 80), await who(client, '10.215.0.2', 82, 2)];
}

/** A second daemon that lets in who routes to its containers, to published ports, and packets with a mark, to any but an internal network's. */
async function opened(): Promise<void> {
  await using other = new NetworkWorld({ directRouting: true, acceptedMark: { value: 2, mask: 3 } });
  await other.networks.recover([]);
  await other.networks.create({ name: 'opened', enableIPv6: true, ipam: { pools: [{ subnet: '10.218.0.0/24' }, { subnet: 'fd18::/64' }] } });
  const server = await other.attach('opened', { network: 'opened', ports: [{ protocol: 'tcp', containerPort: 80, hostIp: '', hostPort: 8084, hostPortEnd: 8084 }] });
  for (const port of [80, 82]) await server.serve(port, '-', world.directory);
  const six = other.networks.endpoints({ containerId: server.containerId })[0]?.ipv6?.address ?? '';
  await client.sh('ip route add 10.218.0.0/24 via 203.0.113.1; ip -6 route add fd18::/64 via 2001:db8::1');
  await sh('nft add rule inet fw input tcp dport 8084 accept');
  phases['direct routing: published over both, at the host, not published'] = [await who(client, '10.218.0.2', 80), await who(client, six, 80), await who(client, '203.0.113.1', 8084), await who(client, '10.218.0.2', 82, 2), await who(client, six, 82, 2)];
  await other.networks.create({ name: 'internal', internal: true, ipam: { pools: [{ subnet: '10.219.0.0/24' }] } });
  const internal = await other.attach('internal', { network: 'internal' });
  await internal.serve(82, '-', world.directory);
  await internal.sh('ip route add default via 10.219.0.1');
  await client.sh('ip route add 10.219.0.0/24 via 203.0.113.1');
  await client.serve(82, '-', world.directory);
  await sh(`nft 'table inet marker { chain marker { type filter hook prerouting priority -200; tcp dport 82 meta mark set 6; }; }'`);
  phases['not published, with the mark that is accepted; into an internal network, out of it'] = [await who(client, '10.218.0.2', 82), await who(client, six, 82), await who(client, other.addressOf(internal), 82, 2), await who(internal, '203.0.113.2', 82, 2)];
  await sh('nft delete table inet marker');
}

/** What the host's own firewall does in its forward hook, and when it loads its rules anew. */
async function othersRules(): Promise<void> {
  await sh('nft flush ruleset');
  phases['after a flush of the whole ruleset'] = await inTheEnd();
  const link = (await ok('ip', ['-o', 'link'])).match(/ (\S+-in)@/)?.[1] ?? '';
  await sh(`ip link set ${link} down`);
  phases['a link of the guard was switched off'] = await inTheEnd();
  await sh(`ip link del ${link}`);
  phases['the guard was removed'] = await inTheEnd();
  await sh(`nft 'table inet fw {\n chain forward {\n type filter hook forward priority 0; policy accept; iifname up0 drop\n }\n }'`);
  phases['forward: what comes by the outer link is dropped'] = await whoAmI(2);
  await sh(`nft 'flush ruleset; table inet fw {\n chain forward {\n type filter hook forward priority 0; policy accept; meta l4proto tcp ct original proto-dst 8080 drop\n }\n }'`);
  await until('tables that are laid anew', async () => (await ok('nft', ['list', 'tables'])).includes('naru_'));
  phases['forward: the published port is dropped'] = await whoAmI(2);
  await sh(`nft 'flush ruleset; table inet fw {\n chain input {\n type filter hook input priority 0; policy drop; ct state established,related accept; meta l4proto 58 accept; tcp dport 8080 accept\n }\n chain forward {\n type filter hook forward priority 0; policy drop; ct state established,related accept; ct status dnat accept\n }\n }'`);
  phases['reloaded: input and forward drop, but the port and what is translated'] = await inTheEnd();
  phases['another daemon beside it, and gone again'] = await beside();
}

/** Published by a second daemon on the same host, by the first one while it is there, and after it has gone. */
async function beside(): Promise<string[]> {
  await sh('nft flush ruleset');
  const seen: string[] = [];
  {
    await using other = new NetworkWorld();
    await other.networks.recover([]);
    const its = await other.attach('its', { ports: [{ protocol: 'tcp', containerPort: 80, hostIp: '203.0.113.1', hostPort: 8090, hostPortEnd: 8090 }] });
    await its.serve(80, '-', world.directory);
    seen.push(await who(client, '203.0.113.1', 8090), ...(await inTheEnd()));
  }
  return [...seen, ...(await whoAmI())];
}

/** Whether the published port answers at an address that busybox's nc cannot be told: the daemon relays it, from an address of its own. */
async function served(from: Sandbox | undefined, address: string): Promise<string> {
  const fetch = `curl -g -s -m 20 --noproxy '*' -o /dev/null -w '%{http_code}' 'http://[${address.replace('%', '%25')}]:8080/cgi-bin/who'`;
  return from ? (await from.sh(fetch)).stdout : ok('sh', ['-c', fetch]);
}

/** As the client is seen once the rules are whole again. */
async function inTheEnd(): Promise<string[]> {
  let seen: string[] = [];
  await until('published ports that answer again', async () => (seen = await whoAmI(5)).every((address) => address !== ''));
  return seen;
}

/** The client's address as the server saw it, over IPv4 and IPv6; '' when there was no answer. */
function whoAmI(seconds = 60): Promise<string[]> {
  return Promise.all(['203.0.113.1', '2001:db8::1'].map((address) => who(client, address, 8080, seconds)));
}

/** The asking side's address as the one that answers sees it; '' without an answer in time. */
async function who(asking: Sandbox, address: string, port: number, seconds = 60): Promise<string> {
  const { stdout } = await asking.sh(fetchCommand(address, port, seconds, '/cgi-bin/who'));
  return stdout.split(/\r?\n\r?\n/)[1]?.trim().replace(/^\[(?:::ffff:)?(.*)\]$/, '$1') ?? '';
}
