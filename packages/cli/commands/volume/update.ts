import { InvalidArgument } from '#base';
import { calls } from '#client';
import { exactly } from '../../command/arguments.ts';
import { command } from '../../command/command.ts';
import { string } from '../../command/flag-types.ts';
import { idOf } from '../each.ts';

/** `volume update VOLUME`: only a swarm's volumes can be. */
export default command({
  usage: '[OPTIONS] [VOLUME]',
  takes: exactly(1),
  completes: ['volume'],
  flags: {
    availability: string('Cluster Volume availability ("active", "pause", "drain")', { initial: 'active' }),
  },
  async run({ arguments: [name = ''], flags, given }, cli) {
    const { Name, ClusterVolume } = await cli.engine().call(calls.volumeInspect, { path: { name: idOf('volume', name) } });
    if (!ClusterVolume) throw new InvalidArgument('can only update cluster volumes');
    const spec = { ...ClusterVolume.Spec, ...(given('availability') ? { Availability: flags.availability } : {}) };
    await cli.engine().call(calls.volumeUpdate, { path: { name: Name }, query: { version: String(ClusterVolume.Version?.Index ?? 0) }, json: { Spec: spec } });
  },
});
