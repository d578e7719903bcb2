import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { editsOf } from './inject.ts';
import { readCdiRegistry } from './registry.ts';
import { resolveRequest } from './request.ts';
import { parseCdiSpec } from './spec.ts';

const root = mkdtempSync(join(tmpdir(), 'cdi-'));
after(() => rmSync(root, { recursive: true }));

function directory(name: string, documents: Record<string, string>): string {
  const path = join(root, name);
  mkdirSync(path);
  for (const [file, text] of Object.entries(documents)) writeFileSync(join(path, file), text);
  return path;
}

const gpus = `
cdiVersion: 0.6.0
kind: nvidia.com/gpu
containerEdits: { env: [NVIDIA_VISIBLE_DEVICES=void] }
devices:
  - { name: 0, containerEdits: { env: [ZERO=1] } }
  - { name: 1, containerEdits: { env: [ONE=1] } }
  - { name: GPU-abc, containerEdits: { env: [ONE=1] } }
  - { name: all, containerEdits: { env: [ALL=1] } }
`;
const request = (change: object) => ({ Driver: '', Count: 0, DeviceIDs: null, Capabilities: [['gpu']], Options: {}, ...change });

test('gpus by number, by name, all of them, more than there are', async () => {
  const registry = await readCdiRegistry([directory('gpus', { 'n.yaml': gpus })]);
  const of = (change: object) => resolveRequest(request(change), registry).devices.map((name) => name.replace('nvidia.com/gpu=', ''));
  assert.deepEqual([of({ Count: 1 }), of({ Count: -1 }), of({ DeviceIDs: ['GPU-abc', '0'] })], [['0'], ['all'], ['GPU-abc', '0']]);
  assert.throws(() => of({ Count: 3 }), /device request for 3 of nvidia\.com\/gpu cannot be met: 2 available/);
  assert.throws(() => of({ DeviceIDs: ['7'] }), /unresolvable CDI devices nvidia\.com\/gpu=7/);
  assert.deepEqual(resolveRequest(request({ Count: 1, Capabilities: [['gpu', 'utility']] }), registry).env, ['NVIDIA_DRIVER_CAPABILITIES=utility']);
  assert.throws(() => of({ Capabilities: [['tpu']] }), /could not select device driver "" with capabilities: \[\[tpu\]\]/);
});

test('a later directory wins; a conflict in one offers neither; a broken document breaks no other', async () => {
  const document = (value: string) => JSON.stringify({ cdiVersion: '0.5.0', kind: 'v.com/c', devices: [{ name: 'd', containerEdits: { env: [`V=${value}`] } }] });
  const first = directory('first', { 'a.json': document('first'), 'broken.json': '{' });
  const second = directory('second', { 'a.json': document('second') });
  const twice = directory('twice', { 'a.json': document('a'), 'b.json': document('b') });
  const registry = await readCdiRegistry([first, second, join(root, 'none')]);
  assert.deepEqual(editsOf([...registry.devices.values()]).env, ['V=second']);
  assert.equal(registry.broken.length, 1);
  assert.equal((await readCdiRegistry([twice])).devices.size, 0);
});

test('a document\'s own edits come once, before its devices\'', () => {
  const spec = parseCdiSpec({
    cdiVersion: '0.8.0', kind: 'v.com/c', containerEdits: { env: ['S=1'], additionalGids: [5, 0, 5] },
    devices: [
      { name: 'a', containerEdits: { env: ['A=1'], deviceNodes: [{ path: '/dev/a', type: 'c', major: 1, minor: 3, permissions: 'r' }] } },
      { name: 'b', containerEdits: { hooks: [{ hookName: 'createContainer', path: '/bin/true' }], mounts: [{ hostPath: '/x', containerPath: '/y' }] } },
    ],
  });
  const edits = editsOf(spec.devices.map((device) => ({ spec, device })));
  assert.deepEqual([edits.env, edits.groups, edits.rules[0]?.access], [['S=1', 'A=1'], ['5'], 'r']);
  assert.deepEqual([Object.keys(edits.hooks), edits.mounts[0]?.destination], [['createContainer'], '/y']);
});

test('what a document cannot say', () => {
  const document = { cdiVersion: '0.8.0', kind: 'v.com/c', devices: [{ name: 'a' }] };
  for (const change of [{ kind: 'nope' }, { cdiVersion: 1 }, { devices: [] }, { devices: [{ name: '-' }] }, { containerEdits: { intelRdt: {} } }, { containerEdits: { env: ['=x'] } }, { containerEdits: { hooks: [{ hookName: 'x', path: '/y' }] } }]) {
    assert.throws(() => parseCdiSpec({ ...document, ...change }), { kind: 'InvalidArgument' });
  }
});
