import { calls } from '#client';
import { exactly } from '../../command/arguments.ts';
import { command } from '../../command/command.ts';
import { bool, list, map, string, strings } from '../../command/flag-types.ts';
import { speaks } from '../../support.ts';
import { checkLabel } from '../container/options/checks.ts';
import { pairsOf } from '../container/options/pairs.ts';
import { addressPools } from './address-pools.ts';

/** `network create NETWORK`. */
export default command({
  usage: '[OPTIONS] NETWORK',
  takes: exactly(1),
  completes: ['nothing'],
  flags: {
    attachable: bool('Enable manual container attachment', { since: '1.25' }),
    'aux-address': map('Auxiliary IPv4 or IPv6 addresses used by Network driver'),
    'config-from': string('The network from which to copy the configuration', { since: '1.30' }),
    'config-only': bool('Create a configuration only network', { since: '1.30' }),
    driver: string('Driver to manage the Network', { short: 'd', initial: 'bridge' }),
    gateway: strings('IPv4 or IPv6 Gateway for the master subnet'),
    ingress: bool('Create swarm routing-mesh network', { since: '1.29' }),
    internal: bool('Restrict external access to the network'),
    'ip-range': strings('Allocate container ip from a sub-range'),
    'ipam-driver': string('IP Address Management Driver', { initial: 'default' }),
    'ipam-opt': map('Set IPAM driver specific options'),
    ipv4: bool('Enable or disable IPv4 address assignment', { initial: true }),
    ipv6: bool('Enable or disable IPv6 address assignment'),
    label: list('Set metadata on a network', { check: checkLabel }),
    opt: map('Set driver specific options', { short: 'o' }),
    scope: string("Control the network's scope", { since: '1.30' }),
    subnet: strings('Subnet in CIDR format that represents a network segment'),
  },
  async run({ arguments: [name = ''], flags, given }, cli) {
    const body = {
      Driver: flags.driver,
      Scope: flags.scope,
      ...(given('ipv4') ? { EnableIPv4: flags.ipv4 } : {}),
      ...(given('ipv6') ? { EnableIPv6: flags.ipv6 } : {}),
      IPAM: { Driver: flags['ipam-driver'], Options: flags['ipam-opt'], Config: addressPools(flags.subnet, flags['ip-range'], flags.gateway, flags['aux-address']) },
      Internal: flags.internal,
      Attachable: flags.attachable,
      Ingress: flags.ingress,
      ConfigOnly: flags['config-only'],
      ConfigFrom: flags['config-from'] === '' ? null : { Network: flags['config-from'] },
      Options: flags.opt,
      Labels: pairsOf(flags.label),
      Name: name,
    };
    const json = (await speaks(cli, '1.44')) ? body : { ...body, CheckDuplicate: true };
    const { Id } = await cli.engine().call(calls.networkCreate, { json });
    cli.stdout.write(`${Id}\n`);
  },
});
