import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exampleConfig } from '../../fakes.ts';
import { mergeImage } from './merge-image.ts';

test('several ports that an image names in one are each exposed', () => {
  const exposed = (image: Record<string, Record<string, never>> | undefined, own: Record<string, Record<string, never>> = {}): string[] =>
    Object.keys(mergeImage({ ...exampleConfig(), Cmd: ['x'], ExposedPorts: own }, { ...(image && { ExposedPorts: image }) }).ExposedPorts ?? {});
  assert.deepEqual(exposed({ '8000-8002/tcp': {}, '53/udp': {} }), ['8000/tcp', '8001/tcp', '8002/tcp', '53/udp']);
  assert.deepEqual(exposed({ '8000-8001/tcp': {} }, { '8001/tcp': {}, '9/tcp': {} }), ['8000/tcp', '8001/tcp', '9/tcp']);
  assert.deepEqual(exposed(undefined), []);
  assert.throws(() => exposed({ '1-4000000000/tcp': {} }), { message: 'invalid port specification: "1-4000000000/tcp"' });
});
