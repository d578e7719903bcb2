/** From what a transfer tells (bytes) to the lines that Docker's clients draw, at dockerd's pace. */
import type { Progress, Report } from '#images';
import type { ProgressMessage } from '#spec';
import { progressBar } from './bar.ts';
import type { ProgressOutput } from './output.ts';

/** Milliseconds between two lines about one layer. */
const interval = 100;

/** A report that writes to `output`: intermediate byte counts of one layer at most ten times a second, everything else at once. */
export function reportTo(output: ProgressOutput, now: () => number = Date.now): Report {
  const last = new Map<string, number>();
  return (progress) => {
    if (progress.kind === 'progress' && !due(progress, last, now())) return;
    output.write(progressMessage(progress));
  };
}

/** One line of progress. */
export function progressMessage(progress: Progress): ProgressMessage {
  if (progress.kind === 'aux') return { progressDetail: {}, aux: progress.value };
  if (progress.kind === 'message') return { status: progress.text, ...(progress.id === undefined ? {} : { id: progress.id }) };
  const { id, action, current, total } = progress;
  const bar = progressBar(current, total);
  return {
    status: action,
    progressDetail: { ...(current === 0 ? {} : { current }), ...(total === 0 ? {} : { total }) },
    ...(bar === '' ? {} : { progress: bar }),
    id,
  };
}

type Bytes = Extract<Progress, { kind: 'progress' }>;

/** True for changes of state, for the last count, and when the layer's last line is old enough. */
function due(progress: Bytes, last: Map<string, number>, now: number): boolean {
  const key = `${progress.id} ${progress.action}`;
  const previous = last.get(key);
  const counting = progress.current > 0 && progress.current !== progress.total;
  if (counting && previous !== undefined && now - previous < interval) return false;
  last.set(key, now);
  return true;
}
