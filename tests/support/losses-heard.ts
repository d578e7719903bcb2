/**
 * What the daemon's watch over the host's network hears, in a network namespace of its own: run as `unshare -n node
 * losses-heard.ts`; prints as JSON how often it was woken after each deed. Neither the lives of containers nor what is made wakes it.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { watchLosses } from '#kernel';
import { ok } from './command.ts';
import { Sandbox } from './sandbox.ts';

const sh = (script: string) => ok('sh', ['-e', '-c', script]);
let heard = 0;
using _ = watchLosses(() => void heard++);

await sh('ip link set lo up; ip link add br0 type bridge; ip addr add 10.9.0.1/24 dev br0; ip addr add fd99::1/64 dev br0 nodad; ip link set br0 up; echo 1 > /proc/sys/net/ipv4/ip_forward; echo 1 > /proc/sys/net/ipv6/conf/all/forwarding');
for (let life = 0; life < 6; life++) {
  await using container = await Sandbox.open(String(life).repeat(64));
  await sh(`ip link add v${life} up master br0 type veth peer name eth0 netns ${container.pid}; nsenter -t ${container.pid} -n ip link set eth0 up`);
  if (life % 2 === 1) await sh(`ip link del v${life}`);
}
while ((await sh('ip -o link')).includes(' v')) await sleep(50); // the kernel removes them at its leisure
const told: Record<string, boolean> = { 'six lives': heard > 0 };
await sh('ip link add x0 up master br0 type veth peer name x1');
const deeds = {
  'taken out of the bridge': 'ip link set x0 nomaster',
  'set down': 'ip link set x0 down',
  'an IPv4 route': 'ip route del 10.9.0.0/24',
  'an IPv6 route': 'ip -6 route del fd99::/64',
  'an IPv4 address': 'ip addr del 10.9.0.1/24 dev br0',
  'IPv4 forwarding of one link': 'echo 0 > /proc/sys/net/ipv4/conf/br0/forwarding',
  'IPv6 forwarding': 'echo 0 > /proc/sys/net/ipv6/conf/all/forwarding',
  'the bridge, with its IPv6 address': 'ip link del br0',
};
for (const [what, deed] of Object.entries(deeds)) {
  const before = heard;
  await sh(deed);
  while (heard === before) await sleep(10); // a watch that hears nothing is ended by the time limit of who runs this
  told[what] = heard > before;
}
process.stdout.write(JSON.stringify(told));
