import type { Digest } from '#base';
import type { ContainerDefaults, HistoryEntry, ImageConfig } from '#spec';
import type { Session } from './session.ts';
import type { StageState } from './state.ts';
import { createdBy } from './run-config.ts';

/** A layer committed for a step; undefined or `empty` when it changed no file. */
export interface StepLayer {
  readonly diffId: Digest;
  readonly empty: boolean;
}

/**
 * Makes the image of one step: its parent's history and layers with one more entry. `record` is the configuration as
 * the step records itself, by which the cache finds it again, unless that is `key`.
 */
export async function commitStep(
  session: Session,
  state: StageState,
  step: { record: ContainerDefaults; key?: ContainerDefaults; layer?: StepLayer; container?: string },
): Promise<void> {
  const parent = state.image;
  const config = imageConfig(session, state, step);
  const image = await session.images.register(config, { parent: parent?.id });
  session.cache.remember(parent, step.key ?? step.record, image);
  session.unpacked.add(image.id);
  state.image = image;
}

function imageConfig(session: Session, state: StageState, step: Parameters<typeof commitStep>[2]): ImageConfig {
  const parent = state.image?.config;
  const parentId = state.image?.id ?? '';
  const created = new Date().toISOString();
  const layer = step.layer && !step.layer.empty ? [step.layer.diffId] : [];
  const entry: HistoryEntry = {
    created,
    ...(state.author !== '' && { author: state.author }),
    created_by: createdBy(step.record),
    ...(layer.length === 0 && { empty_layer: true }),
  };
  return {
    ...state.platform,
    ...(state.author !== '' && { author: state.author }),
    config: { ...state.config, Image: parentId },
    ...(step.container !== undefined && { container: step.container }),
    container_config: { ...step.record, Image: parentId },
    created,
    docker_version: session.version,
    history: [...(parent?.history ?? []), entry],
    rootfs: { type: 'layers', diff_ids: [...(parent?.rootfs.diff_ids ?? []), ...layer] },
  };
}
