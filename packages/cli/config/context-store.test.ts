import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { ContextStore } from './context-store.ts';

test('a context is kept in directories that are made for it; where they cannot be, the first one is named', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'naru-contexts-'));
  try {
    const meta = { Name: 'one', Metadata: {}, Endpoints: { docker: { Host: 'tcp://x:1', SkipTLSVerify: false } } };
    const store = new ContextStore(join(directory, 'not', 'yet'));
    store.put(meta, { docker: { 'ca.pem': Buffer.from('x') } });
    assert.deepEqual([store.has('one'), store.get('one'), String(store.tls('one')['docker']?.['ca.pem'])], [true, meta, 'x']);
    store.remove('one');
    assert.equal(store.has('one'), false);
    const file = join(directory, 'file');
    await writeFile(file, '');
    assert.throws(() => new ContextStore(file).put(meta, {}), { message: `mkdir ${file}: not a directory` });
    assert.throws(() => new ContextStore('/proc/nothing').put(meta, {}), { message: 'mkdir /proc/nothing: no such file or directory' });
    assert.ok(existsSync(file));
  } finally {
    await rm(directory, { recursive: true });
  }
});
