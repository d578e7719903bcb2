import { calls, type VolumeSummary } from '#client';
import { atLeast } from '../../command/arguments.ts';
import { command } from '../../command/command.ts';
import { objectFormat } from '../../command/format-flag.ts';
import { inspectAll } from '../../inspect/inspect.ts';
import { volumeShape } from '../../inspect/volume-shape.ts';
import { goJson } from '../../template/index.ts';
import { idOf } from '../each.ts';

/** `volume inspect VOLUME…`. */
export default command({
  usage: '[OPTIONS] VOLUME [VOLUME...]',
  takes: atLeast(1),
  completes: 'volume',
  flags: {
    format: objectFormat({ short: 'f' }),
  },
  async run({ arguments: names, flags }, cli) {
    await inspectAll(cli, names, flags.format, async (name) => {
      const volume = await cli.engine().call(calls.volumeInspect, { path: { name: idOf('volume', name) } });
      return { json: inOrder(volume), shape: volumeShape, typedOnly: true };
    });
  },
});

/** As Go's client writes it: its fields in order, and none that it does not know. */
function inOrder(volume: VolumeSummary): string {
  const { CreatedAt, Driver, Labels, Mountpoint, Name, Options, Scope, UsageData } = volume;
  const { ClusterVolume, Status } = volume as { ClusterVolume?: unknown; Status?: unknown };
  return goJson({
    ClusterVolume, CreatedAt: CreatedAt || undefined, Driver: Driver ?? '', Labels: Labels ?? null, Mountpoint: Mountpoint ?? '', Name, Options: Options ?? null, Scope: Scope ?? '', Status, UsageData: UsageData ?? undefined,
  });
}
