import type { Progress } from '#images';
import type { Platform } from '#spec';
import type { Engine } from '../context.ts';
import type { ProgressOutput } from '../progress/output.ts';
import { reportTo } from '../progress/report.ts';
import { publishImage } from './publish.ts';

/** Reads images out of a tar. `quiet` tells what was loaded and nothing of how it went; images for none of the platforms, where some are given, are passed over. */
export async function loadImages(
  engine: Pick<Engine, 'images' | 'events'>,
  tar: AsyncIterable<Uint8Array>,
  options: { quiet: boolean; platforms: readonly Platform[] },
  output: ProgressOutput,
): Promise<void> {
  const progress = reportTo(output);
  const report = (told: Progress): void => {
    if (told.kind === 'message' && told.id === undefined) output.write({ stream: `${told.text}\n` });
    else if (!options.quiet) progress(told);
  };
  const images = await engine.images.load(tar, report, options.platforms);
  for (const image of images) publishImage(engine, 'load', image);
}
