/** Timing: medians of several rounds, peers measured in turn within one run, so that a drifting machine touches all alike. */
export interface Figure {
  readonly work: string;
  readonly unit: 'ms' | 'MB' | 'KB' | '/s' | 'MB/s' | '%';
  /** Medians by contender: naru, dockerd, limit … */
  readonly medians: Record<string, number>;
  /** Every sample, for who wants to see the spread. */
  readonly samples: Record<string, number[]>;
  readonly budget: string;
}

export type Contenders = Record<string, () => Promise<number>>;

/** Seconds after which a figure begins no further round, unless it is told others. */
const patience = 14;
/** A sample of so many seconds is warm-up and result in one: of what it measures, where that is a time, since what comes before and after can take longer. */
const long = 4;

/** Runs every contender up to `rounds` times in turn, after one warm-up each (none when `rounds` is 0), and takes medians. */
export async function measure(work: string, unit: Figure['unit'], budget: string, rounds: number, contenders: Contenders, seconds = patience): Promise<Figure> {
  const samples: Record<string, number[]> = {};
  const done = new Set<string>();
  const end = performance.now() + seconds * 1000;
  for (let round = 0; round <= rounds && (round < 2 || performance.now() < end); round += 1) {
    for (const [name, sample] of Object.entries(contenders)) {
      if (done.has(name)) continue;
      const began = performance.now();
      const value = await sample();
      if ((unit === 'ms' ? value : performance.now() - began) > long * 1000) done.add(name);
      if (round > 0 || rounds === 0 || done.has(name)) (samples[name] ??= []).push(value);
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
function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/**
 * Naru's figure over each other contender's: where both were measured in the same rounds, the median of the rounds' own
 * ratios, which a machine that is busy for a while leaves as they are.
 */
export function ratios({ medians, samples }: Figure): Record<string, number> {
  const { naru } = medians;
  if (naru === undefined) return {};
  return Object.fromEntries(Object.entries(medians).flatMap(([name, value]) => (name === 'naru' ? [] : [[`naru/${name}`, paired(samples['naru'], samples[name]) ?? naru / value]])));
}

function paired(ours: readonly number[] = [], theirs: readonly number[] = []): number | undefined {
  if (ours.length === 0 || ours.length !== theirs.length) return undefined;
  return median(ours.map((value, round) => value / (theirs[round] ?? Number.NaN)));
}

/** Two lines of the table: the work; the figures and Naru's ratio to each other contender. */
export function formatFigure(figure: Figure): string {
  const cells = Object.entries(figure.medians).map(([name, value]) => `${name} ${value.toFixed(value < 10 ? 2 : 1)} ${figure.unit}`);
  const compared = Object.entries(ratios(figure)).map(([name, value]) => `${name} ${value.toFixed(value < 0.1 ? 3 : 2)}`);
  return `${figure.work}\n    ${[...cells, ...compared].join('   ')}   budget: ${figure.budget}`;
}
