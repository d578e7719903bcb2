/** Another program takes away, bit by bit, what containers need on the host; all of it is back without the daemon being started anew. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { until } from '../support/command.ts';
import { importBusybox } from '../support/images.ts';
import { clientAt, hostAt, Outside } from '../support/outside.ts';

describe('a host whose network somebody disturbs', () => {
  let world: Outside;
  let bridge: string;
  let near: string;
  let addresses: string[];
  const page = `http://${hostAt[4]}:8080/`;
  const host = async (script: string): Promise<string> => {
    const { code, stdout, stderr } = await world.host.sh(script);
    assert.equal(code, 0, `${script}: ${stderr}`);
    return stdout.trim();
  };
  const inspect = (format: string, ...names: string[]): Promise<string> => world.docker('inspect', '-f', format, ...names);
  /** What the host shows of the network: links, addresses, routes, settings. */
  const shown = (): Promise<string> => host(`
    ip -o link show master ${bridge} | sed 's/^[0-9]*: //; s/ state .*//; s/,LOWER_UP//'; ip -o addr show dev ${bridge} scope global | sed 's/^[0-9]*: //'
    ip -o link show ${bridge} | grep -o '[<,]UP[,>]' | head -1; ip route show dev ${bridge} | sed 's/ *linkdown *//'; ip -6 route show dev ${bridge} proto kernel | grep -v ^fe80 | sed 's/ *linkdown *//'
    cd /proc/sys/net; tail ipv4/ip_forward ipv6/conf/all/forwarding ipv4/conf/${bridge}/forwarding ipv4/conf/${bridge}/route_localnet ipv6/conf/${bridge}/disable_ipv6`);
  const answers = async (): Promise<boolean> => {
    for (const [from, url] of [[world.client, page], [world.client, `http://[${hostAt[6]}]:8080/`], [world.host, 'http://127.0.0.1:8080/']] as const) if ((await world.fetch(from, url, 2)) !== 'the page') return false;
    return (await world.inContainer('web', `ping -c 1 -W 2 ${addresses[1]} >/dev/null && ping -c 1 -W 2 ${clientAt[4]} >/dev/null && echo both || true`)) === 'both';
  };

  before(async () => {
    world = await Outside.open();
    await importBusybox(world.daemon);
    await world.docker('network', 'create', '--ipv6', 'front');
    await world.docker('run', '-d', '--name', 'web', '--network', 'front', '-p', '8080:80', 'busybox', 'sh', '-c', 'echo the page > /index.html; exec httpd -f -h /');
    await world.docker('run', '-d', '--name', 'other', '--network', 'front', 'busybox', 'sleep', '3600');
    addresses = (await inspect('{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}', 'web', 'other')).split('\n');
    bridge = `br-${(await inspect('{{.Id}}', 'front')).slice(0, 12)}`;
    near = `nr${(await inspect('{{range .NetworkSettings.Networks}}{{.EndpointID}}{{end}}', 'web')).slice(0, 12)}`;
    await until('the page', answers);
  });
  after(() => world?.[Symbol.asyncDispose]());

  const deeds: [string, () => string][] = [
    ['the bridge loses its addresses', () => `ip addr flush dev ${bridge} scope global`],
    ['the bridge is set down', () => `ip link set ${bridge} down`],
    ['the bridge loses its routes', () => `ip route flush dev ${bridge}; ip -6 route flush dev ${bridge} proto kernel`],
    ['a container\'s interface is taken out of the bridge', () => `ip link set ${near} nomaster`],
    ['a container\'s interface is set down', () => `ip link set ${near} down`],
    ['forwarding is switched off', () => 'echo 0 > /proc/sys/net/ipv4/ip_forward; echo 0 > /proc/sys/net/ipv6/conf/all/forwarding'],
    ['forwarding is switched off for the bridge', () => `echo 0 > /proc/sys/net/ipv4/conf/${bridge}/forwarding`],
    ['answers from the loopback are', () => `echo 0 > /proc/sys/net/ipv4/conf/${bridge}/route_localnet`],
    ['IPv6 is', () => `echo 1 > /proc/sys/net/ipv6/conf/${bridge}/disable_ipv6`],
    ['the bridge is removed', () => `ip link del ${bridge}`],
    ['the new bridge is set down and loses a setting', () => `ip link set ${bridge} down; echo 0 > /proc/sys/net/ipv4/conf/${bridge}/route_localnet`],
  ];
  for (const [what, deed] of deeds) {
    test(what, async () => {
      const made = await shown();
      const told = world.daemon.log.length;
      await host(deed());
      await until('all as it was', async () => (await shown().catch(() => '')) === made);
      await until('everybody is reached', answers);
      await until('it is told', async () => /another program took away what containers need: put back /.test(world.daemon.log.slice(told)));
    });
  }

  test('containers come and go, are connected and disconnected: nobody is said to have disturbed anything', async () => {
    const told = world.daemon.log.length;
    for (let round = 0; round < 3; round++) await world.docker('run', '--rm', '--network', 'front', 'busybox', 'true');
    await world.docker('network', 'create', 'short');
    await world.docker('network', 'connect', 'short', 'other');
    await world.docker('network', 'disconnect', 'short', 'other');
    await world.docker('network', 'rm', 'short');
    await world.docker('restart', '-t', '0', 'other');
    assert.doesNotMatch(world.daemon.log.slice(told), /took away/);
  });

  test('a bridge of the user\'s own is left to him', async () => {
    await host('ip link add own0 type bridge; ip link set own0 up');
    await world.docker('network', 'create', '--subnet', '10.217.0.0/24', '-o', 'com.docker.network.bridge.name=own0', 'own');
    await host('ip link set own0 down; ip addr flush dev own0');
    await world.docker('network', 'create', '--subnet', '10.218.0.0/24', 'later');
    await host(`ip addr del 10.218.0.1/24 dev br-${(await inspect('{{.Id}}', 'later')).slice(0, 12)}`);
    await until('the daemon\'s own is mended', async () => (await host('ip -o addr')).includes('10.218.0.1/24'));
    assert.doesNotMatch(await host('ip -o addr'), /10\.217\.0\.1/);
    assert.doesNotMatch(await host('ip -o link show own0'), /[<,]UP[,>]/);
  });
});
