import { InvalidArgument, NotImplemented } from '#base';
import { calls } from '#client';
import { atMost } from '../../command/arguments.ts';
import { command } from '../../command/command.ts';
import { bytes } from '../../command/flag-sizes.ts';
import { list, map, string } from '../../command/flag-types.ts';
import { checkLabel } from '../container/options/checks.ts';
import { pairsOf } from '../container/options/pairs.ts';

const clusterFlags = ['availability', 'group', 'limit-bytes', 'required-bytes', 'scope', 'secret', 'sharing', 'topology-preferred', 'topology-required', 'type'] as const;

/** `volume create [VOLUME]`. */
export default command({
  usage: '[OPTIONS] [VOLUME]',
  takes: atMost(1),
  flags: {
    availability: string('Cluster Volume availability ("active", "pause", "drain")', { initial: 'active', since: '1.42' }),
    driver: string('Specify volume driver name', { short: 'd', initial: 'local' }),
    group: string('Cluster Volume group (cluster volumes)', { since: '1.42' }),
    label: list('Set metadata for a volume', { check: checkLabel }),
    'limit-bytes': bytes('Minimum size of the Cluster Volume in bytes', { since: '1.42' }),
    opt: map('Set driver specific options', { short: 'o' }),
    'required-bytes': bytes('Maximum size of the Cluster Volume in bytes', { since: '1.42' }),
    scope: string('Cluster Volume access scope ("single", "multi")', { initial: 'single', since: '1.42' }),
    secret: map('Cluster Volume secrets', { since: '1.42' }),
    sharing: string('Cluster Volume access sharing ("none", "readonly", "onewriter", "all")', { initial: 'none', since: '1.42' }),
    'topology-preferred': list('A topology that the Cluster Volume would be preferred in', { since: '1.42' }),
    'topology-required': list('A topology that the Cluster Volume must be accessible from', { since: '1.42' }),
    type: string('Cluster Volume access type ("mount", "block")', { initial: 'block', since: '1.42' }),
    name: string('Specify volume name', { hidden: true }),
  },
  async run({ arguments: [argument], flags, given }, cli) {
    if (argument !== undefined && flags.name !== '') throw new InvalidArgument('conflicting options: cannot specify a volume-name through both --name and as a positional arg');
    const cluster = clusterFlags.find((name) => given(name));
    if (cluster !== undefined) throw new NotImplemented(`--${cluster}: not implemented`);
    const name = argument ?? flags.name;
    const body = {
      Driver: flags.driver,
      ...(Object.keys(flags.opt).length === 0 ? {} : { DriverOpts: flags.opt }),
      ...(flags.label.length === 0 ? {} : { Labels: pairsOf(flags.label) }),
      ...(name === '' ? {} : { Name: name }),
    };
    const { Name } = await cli.engine().call(calls.volumeCreate, { json: body });
    cli.stdout.write(`${Name}\n`);
  },
});
