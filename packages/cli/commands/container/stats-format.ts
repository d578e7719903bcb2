import { humanSize } from '#base';
import type { ListFormat, Row } from '../../format/table.ts';
import { shortId } from '../../format/text.ts';
import { binarySize } from '../../format/units.ts';
import type { Reading } from './stats-reading.ts';

export const statsFormat: ListFormat = {
  type: '*container.statsContext',
  headings: {
    Container: 'CONTAINER', ID: 'CONTAINER ID', Name: 'NAME', CPUPerc: 'CPU %', MemUsage: 'MEM USAGE / LIMIT', MemPerc: 'MEM %', NetIO: 'NET I/O', BlockIO: 'BLOCK I/O', PIDs: 'PIDS',
  },
  table: 'table {{.ID}}\t{{.Name}}\t{{.CPUPerc}}\t{{.MemUsage}}\t{{.MemPerc}}\t{{.NetIO}}\t{{.BlockIO}}\t{{.PIDs}}',
};

/** One container; dashes where nothing is known. */
export function statsRow(reading: Reading, short: boolean): Row {
  const known = (text: string, otherwise = '--'): string => (reading.valid ? text : otherwise);
  const share = reading.memoryLimit > 0 ? (reading.memory / reading.memoryLimit) * 100 : 0;
  return {
    Container: reading.container,
    Name: reading.name || '--',
    ID: short ? shortId(reading.id) : reading.id,
    CPUPerc: known(`${reading.cpu.toFixed(2)}%`),
    MemUsage: known(`${binarySize(reading.memory)} / ${binarySize(reading.memoryLimit)}`, '-- / --'),
    MemPerc: known(`${share.toFixed(2)}%`),
    NetIO: known(`${humanSize(reading.received, 3)} / ${humanSize(reading.sent, 3)}`),
    BlockIO: known(`${humanSize(reading.blockRead, 3)} / ${humanSize(reading.blockWritten, 3)}`),
    PIDs: known(String(reading.processes)),
  };
}
