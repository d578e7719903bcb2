import { DataLoss } from '#base';
import type { Descriptor, ImageConfig, Manifest } from '#spec';
import type { ImagesContext } from '../context.ts';
import type { RemoteRepository } from '../distribution/repository.ts';
import { GrowingFile, Restarted } from '../growing-file.ts';
import type { Report } from '../port.ts';
import { isUnpacked, layersOf, unpackLayer, type Layer } from '../unpack.ts';
import { downloadBlob } from './download.ts';
import { layerReporter, type LayerReporter } from './layer-progress.ts';

interface Work {
  readonly layer: Layer;
  readonly blob: Descriptor;
  readonly tell: LayerReporter;
  readonly growing: GrowingFile;
}

/**
 * Fetches and unpacks the layers of a manifest: downloads side by side, each unpacked as soon as it and the one below
 * are ready. The first failure stops the others, and is thrown once nothing runs any more.
 */
export async function pullLayers(
  context: ImagesContext,
  repository: RemoteRepository,
  { manifest, config }: { manifest: Manifest; config: ImageConfig },
  report: Report,
  stop: AbortController,
): Promise<void> {
  const layers = layersOf(config.rootfs.diff_ids);
  if (layers.length !== manifest.layers.length) throw new DataLoss(`number of layers and diffIDs don't match: ${manifest.layers.length} != ${layers.length}`);
  const work = layers.map((layer, position): Work => {
    const blob = manifest.layers[position] as Descriptor;
    return { layer, blob, tell: layerReporter(blob, report), growing: new GrowingFile() };
  });
  const present = work.filter(({ layer }) => isUnpacked(context, layer));
  const missing = work.filter((each) => !present.includes(each));
  for (const each of work) each.tell.state(present.includes(each) ? 'Already exists' : 'Pulling fs layer');
  const downloads = missing.map((each) => context.downloads.run(() => download(context, repository, each, stop.signal), () => each.tell.state('Waiting')));
  const all = [...downloads, unpackInOrder(context, missing, downloads, stop.signal)];
  for (const one of all) one.catch(() => stop.abort());
  const outcomes = await Promise.allSettled(all);
  const failures = outcomes.filter((outcome) => outcome.status === 'rejected').map((outcome) => outcome.reason as unknown);
  if (failures.length > 0) throw firstCause(failures);
}

async function download(context: ImagesContext, repository: RemoteRepository, work: Work, signal: AbortSignal): Promise<void> {
  const events = {
    growing: work.growing,
    onProgress: (current: number, total: number) => work.tell.progress('Downloading', current, total),
    onRetry: (seconds: number) => work.tell.state(`Retrying in ${seconds} second${seconds === 1 ? '' : 's'}`),
    onVerify: () => work.tell.state('Verifying Checksum'),
  };
  try {
    signal.throwIfAborted();
    await downloadBlob(context, repository, work.blob, events, signal);
    work.tell.state('Download complete');
  } catch (error) {
    work.growing.fail(error);
    throw error;
  }
}

async function unpackInOrder(context: ImagesContext, missing: readonly Work[], downloads: readonly Promise<void>[], signal: AbortSignal): Promise<void> {
  for (const [position, work] of missing.entries()) {
    signal.throwIfAborted();
    await unpackBehind(context, work, downloads[position] as Promise<void>, signal);
    work.tell.state('Pull complete');
  }
}

/** Unpacks what has arrived while the rest is still on its way. Progress is shown once nothing is downloading any more. */
async function unpackBehind(context: ImagesContext, work: Work, downloaded: Promise<void>, signal: AbortSignal): Promise<void> {
  let whole = false;
  downloaded.then(() => (whole = true), () => undefined);
  const onProgress = (bytes: number): void => {
    if (whole) work.tell.progress('Extracting', bytes, work.blob.size);
  };
  try {
    await unpackLayer(context, work.layer, { growing: work.growing, verified: downloaded }, { onProgress, signal });
  } catch (error) {
    await downloaded; // bytes that are not what their digest says explain whatever unpacking made of them
    if (!(error instanceof Restarted)) throw error;
    await unpackLayer(context, work.layer, { blob: work.blob.digest }, { onProgress, signal });
  }
}

/** What started it, not what was stopped because of it. */
function firstCause(failures: readonly unknown[]): unknown {
  return failures.find((failure) => !(failure instanceof Error && (failure.name === 'AbortError' || failure.name === 'Cancelled'))) ?? failures[0];
}
