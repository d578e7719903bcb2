/**
 * Runs test files under Node's test runner: `node scripts/suite.ts [RUNNER FLAGS] -- PATTERN...`
 *
 * Tests of real kernels and clocks can fail once on a machine that was busy at the wrong moment. A file that fails is
 * therefore run once more, whole, after the others: what fails again fails the suite, what passes then is named as
 * unsteady, in the last lines, for somebody to mend. Many failures are no accident: above `most` there is no second run.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';

const most = 3;
const split = process.argv.indexOf('--');
const flags = process.argv.slice(2, split);
const patterns = process.argv.slice(split + 1);

const first = runTests(patterns);
process.exitCode = first.ok ? 0 : again(first.failed);

function again(failed: string[]): number {
  const names = failed.map((file) => relative('.', file));
  if (names.length === 0 || names.length > most) return 1;
  console.log(`\nrun again, since a test of theirs failed: ${names.join(', ')}\n`);
  // Without a process for each file, a test is known by where it is written, which may be a contract that many files share.
  const second = runTests(names.every((name) => name.endsWith('.test.ts')) ? names : patterns);
  console.log(second.ok ? `\nunsteady (failed, then passed): ${names.join(', ')}` : `\nfailed twice: ${second.failed.map((file) => relative('.', file)).join(', ')}`);
  return second.ok ? 0 : 1;
}

function runTests(files: string[]): { ok: boolean; failed: string[] } {
  const directory = mkdtempSync(join(tmpdir(), 'naru-suite-'));
  try {
    const list = join(directory, 'failed');
    const reporters = ['--test-reporter=spec', '--test-reporter-destination=stdout', '--test-reporter=./scripts/failed-files.ts', `--test-reporter-destination=${list}`];
    const { status } = spawnSync(process.execPath, ['--test', ...flags, ...reporters, ...files], { stdio: 'inherit' });
    return { ok: status === 0, failed: [...new Set(readFileSync(list, 'utf8').split('\n').filter(Boolean))] };
  } finally {
    rmSync(directory, { recursive: true });
  }
}
