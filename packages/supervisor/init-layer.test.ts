import assert from 'node:assert/strict';
import { test } from 'node:test';
import { initLayerOf } from './init-layer.ts';

test('images are remembered while they are used; steps of builds do not gather', () => {
  const initLayers = new Map<string, string>();
  let looks = 0;
  const snapshots = { stat: (id: string) => ({ parent: `parent of ${id}` }), lowerPaths: () => ((looks += 1), []) };
  const room = { snapshots, initLayer: '/layer', initLayers } as unknown as Parameters<typeof initLayerOf>[0];
  for (let step = 0; step < 1000; step++) {
    assert.equal(initLayerOf(room, 'web'), '/layer');
    initLayerOf(room, `step ${step}`);
  }
  assert.equal(looks, 1001, 'the image in use was looked at once');
  assert.ok(initLayers.size <= 256, String(initLayers.size));
});
