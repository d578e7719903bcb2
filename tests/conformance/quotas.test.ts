/** Limits of layers and volumes need file systems that a machine seldom has: in an emulated one, whose tests are told here one by one. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { noGuest, passInGuest } from '../support/guest.ts';

/** It takes a minute and more of emulation; this is for a busy machine, and below the time that the suite gives a file. */
const patience = 780;

suite('project quotas', { skip: noGuest ?? false }, () => {
  test('the suite passes in a guest', { timeout: (patience + 60) * 1000 }, async (t) => {
    const directory = mkdtempSync(join(tmpdir(), 'naru-quotas-'));
    try {
      const disks = [
        makeDisk(join(directory, 'xfs'), 'mkfs.xfs', '-q'),
        makeDisk(join(directory, 'ext4'), 'mke2fs', '-q', '-t', 'ext4', '-O', 'quota,project', '-E', 'quotatype=prjquota'),
      ];
      await passInGuest(t, ['tests/conformance/quotas/quotas.guest.ts'], patience, { network: true, daemon: true, disks });
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});

function makeDisk(path: string, command: string, ...flags: string[]): string {
  writeFileSync(path, '');
  truncateSync(path, 512 << 20);
  execFileSync(command, [...flags, path]);
  return path;
}
