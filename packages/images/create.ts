import { KeyedLock } from '#base';
import type { Database } from '#base';
import type { ContentStore } from '#content';
import type { Snapshotter } from '#snapshots';
import { withDefaultTag } from '#spec';
import { importImage } from './archive/import.ts';
import { load } from './archive/load.ts';
import { save } from './archive/save.ts';
import { chainIdsOf } from './chain-id.ts';
import { collect, recover } from './collect.ts';
import { commitLayer } from './commit-layer.ts';
import type { ImagesContext, TransferLimits } from './context.ts';
import type { RegistryPolicy } from './distribution/endpoints.ts';
import { Registries } from './distribution/session.ts';
import { find, imageById, lookup } from './find.ts';
import { workerCodec, type LayerCodec } from './layer-codec.ts';
import { LayerHolds } from './layer-holds.ts';
import { login } from './login.ts';
import type { Images } from './port.ts';
import { pull } from './pull/pull.ts';
import { push } from './push/push.ts';
import { ImageRecords } from './records.ts';
import { register } from './register.ts';
import { remove } from './remove.ts';
import { resolve } from './resolve.ts';
import { search } from './search.ts';
import { Slots } from './slots.ts';
import { squash } from './squash.ts';
import { unpack } from './unpack.ts';

/** What dockerd allows by default. */
const defaultLimits: TransferLimits = { downloads: 3, uploads: 5, attempts: 5 };

export interface ImagesOptions {
  readonly db: Database;
  readonly content: ContentStore;
  readonly snapshots: Snapshotter;
  /** How layers are packed and unpacked; in worker threads unless told otherwise. */
  readonly codec?: LayerCodec;
  readonly registries: RegistryPolicy;
  readonly userAgent: string;
  /** Read anew for each transfer; dockerd's when not given. */
  readonly limits?: TransferLimits;
}

/** The image room over its stores. Call `recover` once before anything else. */
export function createImages({ db, content, snapshots, codec = workerCodec, registries, userAgent, limits = defaultLimits }: ImagesOptions): Images {
  const context: ImagesContext = {
    records: new ImageRecords(db),
    content,
    snapshots,
    codec,
    registries: new Registries(registries, userAgent),
    limits,
    downloads: new Slots(() => limits.downloads),
    uploads: new Slots(() => limits.uploads),
    chains: new KeyedLock(),
    holds: new LayerHolds(),
  };
  const { records } = context;
  return {
    find: (name) => find(context, name),
    lookup: (name) => lookup(context, name),
    list: () => records.all(),
    tag: (ref, id) => records.putTag(withDefaultTag(ref), imageById(context, id).id),
    untag: (ref) => void records.deleteReference(withDefaultTag(ref)),
    remove: (id, options) => remove(context, id, options),
    pull: (ref, options, report) => pull(context, ref, options, report),
    push: (ref, options, report) => push(context, ref, options, report),
    register: (config, options) => register(context, config, options),
    squash: (image, base) => squash(context, image, base),
    commitLayer: (key, parent, options) => commitLayer(context, key, parent, options),
    save: (names, platforms) => save(context, names, platforms),
    load: (tar, report, platforms) => load(context, tar, report, platforms),
    import: (tar, options) => importImage(context, tar, options),
    unpack: (image) => unpack(context, image),
    login: (auth, options) => login(context, auth, options),
    resolve: (ref, options) => resolve(context, ref, options),
    search: (term, options) => search(context, term, options),
    layerSizes: (image) => chainIdsOf(image.config.rootfs.diff_ids).map((chain) => records.layerSize(chain) ?? 0),
    collect: () => collect(context),
    recover: () => recover(context),
    close: () => context.registries[Symbol.dispose](),
  };
}
