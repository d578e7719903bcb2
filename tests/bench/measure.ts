/** Timing: medians of several rounds, peers measured in turn within one run, so that a drifting machine touches all alike. */
export interface Figure {
  readonly work: string;
  readonly unit: 'ms' | 'MB' | '/s';
  /** Medians by contender: naru, dockerd, limit … */
  readonly medians: Record<string, number>;
  /** Every sample, for who wants to see the spread. */
  readonly samples: Record<string, number[]>;
  readonly budget: string;
}

export type Contenders = Record<string, () => Promise<number>>;

/** Runs every contender `rounds` times in turn (after one warm-up each) and takes medians. */
export async function measure(work: string, unit: Figure['unit'], budget: string, rounds: number, contenders: Contenders): Promise<Figure> {
  const samples: Record<string, number[]> = {};
  for (let round = 0; round <= rounds; round += 1) {
    for (const [name, sample] of Object.entries(contenders)) {
      const value = await sample();
      if (round > 0 || rounds === 0) (samples[name] ??= []).push(value);
    }
  }
  const medians = Object.fromEntries(Object.entries(samples).map(([name, values]) => [name, median(values)]));
  return { work, unit, medians, samples, budget };
}

/** Milliseconds that `work` takes. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

/** The middle value. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** One line of the table: the figures and Naru's ratio to each other contender. */
export function formatFigure(figure: Figure): string {
  const cells = Object.entries(figure.medians).map(([name, value]) => `${name} ${value.toFixed(value < 10 ? 2 : 1)} ${figure.unit}`);
  const naru = figure.medians['naru'];
  const ratios = Object.entries(figure.medians).flatMap(([name, value]) => (name === 'naru' || naru === undefined ? [] : [`naru/${name} ${(naru / value).toFixed(2)}`]));
  return `${figure.work}\n    ${[...cells, ...ratios].join('   ')}   budget: ${figure.budget}`;
}
