import { displayWidth } from './text.ts';

/**
 * Aligns text whose cells end with a tab, as Go's text/tabwriter does, wide characters counted as a terminal shows them: a column is a run of lines that have a cell
 * there; its width is its widest cell's plus `padding`, at least `minWidth`. What follows a line's last tab is no cell.
 */
export function tabulate(text: string, { minWidth, padding }: { minWidth: number; padding: number }): string {
  const lines = text.split('\n').map((line) => line.split('\t'));
  const widths = lines.map((): number[] => []);
  layOut(0, 0, lines.length);
  return lines.map((cells, index) => cells.map((cell, column) => (column < cells.length - 1 ? cell.padEnd(cell.length + gap(cell, widths[index]?.[column] ?? 0)) : cell)).join('')).join('\n');

  function layOut(column: number, from: number, to: number): void {
    for (let line = from; line < to; ) {
      if (!hasCell(line, column)) {
        line++;
        continue;
      }
      let end = line;
      while (end < to && hasCell(end, column)) end++;
      const width = Math.max(minWidth, ...lines.slice(line, end).map((cells) => displayWidth(cells[column] ?? '') + padding));
      for (let row = line; row < end; row++) widths[row]?.push(width);
      layOut(column + 1, line, end);
      line = end;
    }
  }

  function hasCell(line: number, column: number): boolean {
    return column < (lines[line]?.length ?? 0) - 1;
  }
}

function gap(cell: string, width: number): number {
  return Math.max(0, width - displayWidth(cell));
}
