import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { contentStoreContract } from './contract.ts';
import { openContentStore } from './disk.ts';

const home = mkdtempSync(join(tmpdir(), 'naru-content-'));
after(() => rmSync(home, { recursive: true, force: true }));

let number = 0;
contentStoreContract('disk', async () => {
  const root = join(home, String(number++));
  return { store: openContentStore(root), reopen: async () => openContentStore(root) };
});
