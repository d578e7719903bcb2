import { InvalidArgument } from '#base';
import { calls } from '#client';
import type { EndpointSettings } from '#spec';
import { exactly } from '../../command/arguments.ts';
import { command } from '../../command/command.ts';
import { int, list, string, strings } from '../../command/flag-types.ts';
import { checkLink } from '../container/options/checks.ts';
import { idOf } from '../each.ts';

/** `network connect NETWORK CONTAINER`. */
export default command({
  usage: '[OPTIONS] NETWORK CONTAINER',
  takes: exactly(2),
  completes: ['network', 'container'],
  flags: {
    alias: strings('Add network-scoped alias for the container'),
    'driver-opt': strings('driver options for the network'),
    'gw-priority': int('Highest gw-priority provides the default gateway. Accepts positive and negative values.'),
    ip: string('IPv4 address (e.g., "172.30.100.104")'),
    ip6: string('IPv6 address (e.g., "2001:db8::33")'),
    link: list('Add link to another container', { check: checkLink }),
    'link-local-ip': strings('Add a link-local address for the container'),
  },
  async run({ arguments: [network = '', container = ''], flags }, cli) {
    const addresses = {
      ...(flags.ip === '' ? {} : { IPv4Address: flags.ip }),
      ...(flags.ip6 === '' ? {} : { IPv6Address: flags.ip6 }),
      ...(flags['link-local-ip'].length === 0 ? {} : { LinkLocalIPs: flags['link-local-ip'] }),
    };
    const endpoint: EndpointSettings = {
      IPAMConfig: addresses,
      Links: flags.link.length === 0 ? null : flags.link, Aliases: flags.alias, MacAddress: '', DriverOpts: driverOptions(flags['driver-opt']), GwPriority: flags['gw-priority'],
      NetworkID: '', EndpointID: '', Gateway: '', IPAddress: '', IPPrefixLen: 0, IPv6Gateway: '', GlobalIPv6Address: '', GlobalIPv6PrefixLen: 0, DNSNames: null,
    };
    await cli.engine().call(calls.networkConnect, { path: { id: idOf('network', network) }, json: { Container: idOf('container', container), EndpointConfig: endpoint } });
  },
});

function driverOptions(pairs: readonly string[]): Record<string, string> {
  return Object.fromEntries(pairs.map((pair) => {
    const at = pair.indexOf('=');
    if (at < 0) throw new InvalidArgument('invalid key/value pair format in driver options');
    return [pair.slice(0, at).trim(), pair.slice(at + 1).trim()];
  }));
}
