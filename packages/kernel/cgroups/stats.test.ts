import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { getSystemErrorName } from 'node:util';
import { OpenFiles } from '../counters/open-files.ts';
import { Counters } from './stats.ts';

/** Counters of a cgroup whose files are ours to write; v1 has each controller's files, v2 the rest. */
function cgroup(t: TestContext, version: 1 | 2) {
  const directory = mkdtempSync(join(tmpdir(), 'naru-stats-'));
  t.mock.method(performance, 'now', () => 0);
  const counters = new Counters({ directoryOf: () => (version === 1 ? directory : undefined), unified: version === 2 ? directory : undefined });
  t.after(() => (counters[Symbol.dispose](), rmSync(directory, { recursive: true })));
  const write = (files: Record<string, string>): void => Object.entries(files).forEach(([name, text]) => writeFileSync(join(directory, name), `${text}\n`));
  return { counters, write };
}

test('v1: while neither processor nor memory moves, little is read; what moves or was changed on purpose is read at once', (t) => {
  const { counters, write } = cgroup(t, 1);
  write({ 'cpuacct.usage': '100', 'memory.usage_in_bytes': '4096', 'memory.limit_in_bytes': '8192', 'memory.stat': 'rss 1', 'pids.current': '1', 'pids.max': 'max' });
  const rss = (): number | undefined => counters.read().memory.stats['rss'];
  assert.deepEqual([rss(), rss()], [1, 1]);
  write({ 'memory.stat': 'rss 2', 'memory.limit_in_bytes': '9000', 'pids.current': '3' });
  const { memory, pids } = counters.read();
  assert.deepEqual([memory.stats['rss'], memory.limit, pids.current], [1, 8192, 3]);
  counters.changed();
  assert.equal(counters.read().memory.limit, 9000);
  write({ 'memory.stat': 'rss 3', 'cpuacct.usage': '101' });
  assert.deepEqual([rss(), counters.read().cpu.total], [3, 101]);
});

test('v2: the same, and what is written back later is told', (t) => {
  const { counters, write } = cgroup(t, 2);
  write({ 'cpu.stat': 'usage_usec 100', 'memory.current': '4096', 'memory.stat': 'anon 1', 'io.stat': '' });
  const anon = (): number | undefined => counters.read().memory.stats['anon'];
  assert.deepEqual([anon(), anon()], [1, 1]);
  write({ 'memory.stat': 'anon 2', 'io.stat': '8:0 rbytes=0 wbytes=512 rios=0 wios=1' });
  const { memory, blkio } = counters.read();
  assert.deepEqual([memory.stats['anon'], blkio.at(-1)], [1, { device: '8:0', op: 'Write', bytes: 512, operations: 1 }]);
  write({ 'memory.current': '8192' });
  assert.equal(anon(), 2);
});

test('a file that the kernel offers and does not fill (EOPNOTSUPP: pressure, where it is switched off) counts as none', (t) => {
  const { counters } = cgroup(t, 2);
  t.mock.method(OpenFiles.prototype, 'parsed', () => {
    throw Object.assign(new Error('read'), { code: getSystemErrorName(-constants.errno.EOPNOTSUPP) });
  });
  assert.equal(counters.read().cpu.total, 0);
});
