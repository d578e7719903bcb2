import type { KeyedLock } from '#base';
import type { ContentStore } from '#content';
import type { Snapshotter } from '#snapshots';
import type { Registries } from './distribution/session.ts';
import type { LayerHolds } from './layer-holds.ts';
import type { LayerCodec } from './layer-codec.ts';
import type { ImageRecords } from './records.ts';
import type { Slots } from './slots.ts';

/** How many transfers at once, and how often each is tried. */
export interface TransferLimits {
  readonly downloads: number;
  readonly uploads: number;
  /** For each blob. */
  readonly attempts: number;
}

/** What every verb of this room works with. One for each daemon. */
export interface ImagesContext {
  readonly records: ImageRecords;
  readonly content: ContentStore;
  readonly snapshots: Snapshotter;
  readonly codec: LayerCodec;
  readonly registries: Registries;
  readonly limits: TransferLimits;
  /** Shared by all pulls, and by all pushes, of this daemon. */
  readonly downloads: Slots;
  readonly uploads: Slots;
  /** One unpacking of a chain id at a time. */
  readonly chains: KeyedLock;
  readonly holds: LayerHolds;
}
