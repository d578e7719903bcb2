import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, test } from 'node:test';

const here = new URL('.', import.meta.url).pathname;

/** What a process says of a write to descriptor 1, which the shell has made `where`. */
function written(where: string, bytes: number): { status: number | null; stdout: string; stderr: string } {
  const script = `
    import { outputOf } from '${here}streams.ts';
    try {
      outputOf(1, () => process.stdout, () => process.exit(141)).write('x'.repeat(${bytes}));
    } catch (error) {
      console.error(error.message);
    }
  `;
  return spawnSync('bash', ['-o', 'pipefail', '-c', `"$0" --input-type=module -e "$1" ${where}`, process.execPath, script], { encoding: 'utf8' });
}

describe('standard output', () => {
  test('a device without room is told in Go\'s words', () => {
    assert.deepEqual(written('>/dev/full', 1).stderr, 'write /dev/stdout: no space left on device\n');
  });

  test('a reader that has gone is told, and nothing is said', () => {
    const { status, stderr } = written('| true', 2_000_000);
    assert.deepEqual({ status, stderr }, { status: 141, stderr: '' });
  });

  test('a reader who is slow has everything', () => {
    assert.equal(written('| { sleep 0.2; wc -c; }', 2_000_000).stdout.trim(), '2000000');
  });
});
