import { InvalidArgument } from '#base';
import { calls } from '#client';
import { atMost } from '../../command/arguments.ts';
import { command } from '../../command/command.ts';
import { bytes } from '../../command/flag-sizes.ts';
import { list, map, string } from '../../command/flag-types.ts';
import { checkLabel } from '../container/options/checks.ts';
import { pairsOf } from '../container/options/pairs.ts';

/** Those that ask for a swarm's volume; the others say more of one. */
const clusterFlags = ['availability', 'group', 'limit-bytes', 'required-bytes', 'scope', 'sharing', 'type'] as const;

/** `volume create [VOLUME]`. */
export default command({
  usage: '[OPTIONS] [VOLUME]',
  takes: atMost(1),
  completes: ['nothing'],
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
    const name = argument ?? flags.name;
    const body = {
      ...(clusterFlags.some((name) => given(name)) ? { ClusterVolumeSpec: clusterVolume(flags) } : {}),
      ...(flags.driver === '' ? {} : { Driver: flags.driver }),
      ...(Object.keys(flags.opt).length === 0 ? {} : { DriverOpts: flags.opt }),
      ...(flags.label.length === 0 ? {} : { Labels: pairsOf(flags.label) }),
      ...(name === '' ? {} : { Name: name }),
    };
    const { Name } = await cli.engine().call(calls.volumeCreate, { json: body });
    cli.stdout.write(`${Name}\n`);
  },
});

interface ClusterFlags {
  readonly availability: string;
  readonly group: string;
  readonly 'limit-bytes': number;
  readonly 'required-bytes': number;
  readonly scope: string;
  readonly secret: Readonly<Record<string, string>>;
  readonly sharing: string;
  readonly 'topology-preferred': readonly string[];
  readonly 'topology-required': readonly string[];
  readonly type: string;
}

/** What a swarm's volume is to be; an engine outside of a swarm refuses it. Throws InvalidArgument. */
function clusterVolume(flags: ClusterFlags): object {
  if (flags.type !== 'mount' && flags.type !== 'block') throw new InvalidArgument(`invalid volume type ${flags.type}`);
  const topology = (texts: readonly string[]) => texts.map((text) => ({ Segments: Object.fromEntries(text.split(',').map((pair) => [pair.split('=', 1)[0], pair.split('=').slice(1).join('=')])) }));
  return {
    ...(flags.group === '' ? {} : { Group: flags.group }),
    AccessMode: { Scope: flags.scope, Sharing: flags.sharing, ...(flags.type === 'mount' ? { MountVolume: {} } : { BlockVolume: {} }) },
    AccessibilityRequirements: { Requisite: topology(flags['topology-required']), Preferred: topology(flags['topology-preferred']) },
    CapacityRange: { RequiredBytes: flags['required-bytes'], LimitBytes: flags['limit-bytes'] },
    Secrets: Object.entries(flags.secret).sort().map(([Key, Secret]) => ({ Key, Secret })),
    Availability: flags.availability,
  };
}
