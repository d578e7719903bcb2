import { InvalidArgument, NotFound } from '#base';
import { type Descriptor, formatReference, type ImageRef, parseReference, repositoryOf } from '#spec';
import type { Cli } from '../../cli.ts';
import { exactly } from '../../command/arguments.ts';
import { command } from '../../command/command.ts';
import { bool } from '../../command/flag-types.ts';
import { named } from './create.ts';
import { listDocument } from './manifest-list.ts';
import { Registry } from './registry.ts';
import { ManifestStore, type StoredManifest } from './store.ts';

/** `manifest push MANIFEST_LIST`: its members go into the list's repository first, then the list. */
export default command({
  usage: '[OPTIONS] MANIFEST_LIST',
  takes: exactly(1),
  flags: {
    insecure: bool('Allow push to an insecure registry'),
    purge: bool('Remove the local manifest list after push', { short: 'p' }),
  },
  async run({ arguments: [name = ''], flags }, cli) {
    const store = new ManifestStore(cli.globals.config);
    const list = named(name, 'error parsing name for manifest list');
    const manifests = store.list(list);
    if (!manifests) throw new NotFound(`No such manifest: ${formatReference(list)}`);
    for (const { Ref, Descriptor: { platform } } of manifests) {
      if (!platform?.architecture || !platform.os) throw new InvalidArgument(`manifest ${Ref} must have an OS and Architecture to be pushed to a registry`);
    }
    const registry = await Registry.open(cli, list, flags.insecure, 'pull,push');
    for (const manifest of manifests) await pushMember(cli, registry, list, manifest);
    const { type, text } = listDocument(manifests);
    cli.stdout.write(`${await registry.push(list.digest ?? list.tag ?? 'latest', type, Buffer.from(text))}\n`);
    if (flags.purge) store.remove(list);
  },
});

/** A list may name only what is in its own repository: a member's blobs are mounted into it from theirs. */
async function pushMember(cli: Cli, registry: Registry, list: ImageRef, { Ref, Descriptor: own, Raw, OCIManifest, SchemaV2Manifest }: StoredManifest): Promise<void> {
  const ref = parseReference(Ref);
  if (ref.domain !== list.domain) throw new InvalidArgument('cannot use source images from a different registry than the target image');
  const { config, layers } = (OCIManifest ?? SchemaV2Manifest) as { readonly config: Descriptor; readonly layers: readonly Descriptor[] };
  if (ref.path !== list.path) for (const { digest } of [config, ...layers]) await registry.mount(digest, ref.path);
  const digest = await registry.push(own.digest, own.mediaType, Buffer.from(Raw, 'base64'));
  cli.stdout.write(`Pushed ref ${repositoryOf(list)}@${digest} with digest: ${digest}\n`);
}
