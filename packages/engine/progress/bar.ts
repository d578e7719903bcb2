import { humanSize } from '#base';

const columns = 50;

/**
 * The bar of Docker's JSON progress: `[=====>      ]  459.3kB/3MB`. Bytes. Empty when nothing is known; the size alone
 * when the total is not; the total is left out when more has come than was announced.
 */
export function progressBar(current: number, total: number): string {
  if (current <= 0 && total <= 0) return '';
  const size = humanSize(current).padStart(8);
  if (total <= 0) return size;
  const done = Math.min(columns, Math.trunc(Math.trunc((current / total) * 100) / 2));
  const bar = `[${'='.repeat(done)}>${' '.repeat(columns - done)}] `;
  return bar + (current > total ? size : `${size}/${humanSize(total)}`);
}
