import { Conflict, InvalidArgument, messageOf } from '#base';
import { formatReference, type ImageRef, parseReference, withDefaultTag } from '#spec';
import { atLeast } from '../../command/arguments.ts';
import { command } from '../../command/command.ts';
import { bool } from '../../command/flag-types.ts';
import { Registry } from './registry.ts';
import { ManifestStore } from './store.ts';

/** `manifest create MANIFEST_LIST MANIFEST…`: a list in the making, of images that are in registries. */
export default command({
  usage: 'MANIFEST_LIST MANIFEST [MANIFEST...]',
  takes: atLeast(2),
  flags: {
    amend: bool('Amend an existing manifest list', { short: 'a' }),
    insecure: bool('Allow communication with an insecure registry'),
  },
  async run({ arguments: [name = '', ...members], flags }, cli) {
    const store = new ManifestStore(cli.globals.config);
    const list = named(name, 'error parsing name for manifest list');
    if (store.list(list) && !flags.amend) throw new Conflict('refusing to amend an existing manifest list with no --amend flag');
    for (const member of members) {
      const ref = withDefaultTag(parseReference(member));
      const kept = store.get(list, ref);
      const fetched = kept ? undefined : await (await Registry.open(cli, ref, flags.insecure)).fetch(ref);
      if (fetched?.list) throw new InvalidArgument(`${formatReference(ref)} is a manifest list`);
      const manifest = kept ?? fetched?.manifest;
      if (manifest) store.put(list, ref, manifest);
    }
    cli.stdout.write(`Created manifest list ${formatReference(list)}\n`);
  },
});

/** Throws InvalidArgument with `complaint` before what is wrong. */
export function named(text: string, complaint: string): ImageRef {
  try {
    return withDefaultTag(parseReference(text));
  } catch (error) {
    throw new InvalidArgument(`${complaint} ${text}: ${messageOf(error)}`, { cause: error });
  }
}
