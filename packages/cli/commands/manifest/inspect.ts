import { NotFound } from '#base';
import { formatReference } from '#spec';
import { between } from '../../command/arguments.ts';
import { command } from '../../command/command.ts';
import { bool } from '../../command/flag-types.ts';
import { indentJson } from '../../template/index.ts';
import { named } from './create.ts';
import { listDocument } from './manifest-list.ts';
import { Registry } from './registry.ts';
import { ManifestStore, type StoredManifest } from './store.ts';

/** `manifest inspect [MANIFEST_LIST] MANIFEST`: of the list in the making, or of what the registry has. */
export default command({
  usage: '[OPTIONS] [MANIFEST_LIST] MANIFEST',
  takes: between(1, 2),
  flags: {
    insecure: bool('Allow communication with an insecure registry'),
    verbose: bool('Output additional info including layers and platform', { short: 'v' }),
  },
  async run({ arguments: [first = '', second], flags }, cli) {
    const store = new ManifestStore(cli.globals.config);
    const ref = named(second ?? first, 'error parsing name');
    if (second !== undefined) {
      const stored = store.get(named(first, 'error parsing name'), ref);
      if (!stored) throw new NotFound(`No such manifest: ${formatReference(ref)}`);
      cli.stdout.write(oneText(stored, flags.verbose));
      return;
    }
    const making = store.list(ref);
    const found = making ? { list: true as const, manifests: making } : await (await Registry.open(cli, ref, flags.insecure)).fetch(ref);
    cli.stdout.write(found.list ? listText(found.manifests, flags.verbose) : oneText(found.manifest, flags.verbose));
  },
});

function oneText(manifest: StoredManifest, verbose: boolean): string {
  return verbose ? `${JSON.stringify(manifest, undefined, '\t')}\n` : `${indentJson(Buffer.from(manifest.Raw, 'base64').toString(), '\t')}\n`;
}

function listText(manifests: readonly StoredManifest[], verbose: boolean): string {
  return `${verbose ? JSON.stringify(manifests, undefined, '\t') : listDocument(manifests).text}\n`;
}
