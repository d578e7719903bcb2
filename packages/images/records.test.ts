import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Database, type Digest } from '#base';
import type { ImageRef } from '#spec';
import { ImageRecords } from './records.ts';

const id = `sha256:${'1'.repeat(64)}` as Digest;
const chain = `sha256:${'2'.repeat(64)}` as Digest;
const ref: ImageRef = { domain: 'docker.io', path: 'library/box', tag: 'latest', digest: undefined };
const config = Buffer.from(JSON.stringify({ architecture: 'amd64', os: 'linux', config: {}, rootfs: { type: 'layers', diff_ids: [chain] } }));

function open(): ImageRecords {
  const records = new ImageRecords(new Database(':memory:'));
  records.put(id, config, {});
  records.putTag(ref, id);
  return records;
}

test('what is remembered of an image follows each change', () => {
  const records = open();
  assert.equal(records.get(id)?.tags.length, 1);
  assert.equal(records.get(id)?.size, 0);
  records.putLayer(chain, chain, 7);
  assert.equal(records.layerSize(chain), 7);
  assert.equal(records.get(id)?.size, 7);
  assert.equal(records.byTag(ref), id);
  records.deleteReference(ref);
  assert.equal(records.byTag(ref), undefined);
  assert.equal(records.get(id)?.tags.length, 0);
  records.deleteLayer(chain);
  assert.equal(records.layerSize(chain), undefined);
  records.delete(id);
  assert.equal(records.get(id), undefined);
});

test('what was read amid a transaction that failed is not remembered', () => {
  const records = open();
  const other: ImageRef = { ...ref, tag: 'other' };
  assert.throws(() => records.transaction(() => {
    records.putTag(other, id);
    assert.equal(records.byTag(other), id);
    assert.equal(records.get(id)?.tags.length, 2);
    throw new Error('no');
  }), /no/);
  assert.equal(records.byTag(other), undefined);
  assert.equal(records.get(id)?.tags.length, 1);
});

test('an image that nothing has changed is read once', () => {
  const records = open();
  assert.equal(records.get(id), records.get(id));
});
