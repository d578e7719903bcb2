import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { readFileInLayers } from './layers.ts';

const base = mkdtempSync(join(tmpdir(), 'naru-layers-'));
after(() => rmSync(base, { recursive: true }));

let count = 0;
/** Layers from the top down, each a map of paths to contents; `->x` makes a link. */
function layers(...contents: Record<string, string>[]): string[] {
  return contents.map((files) => {
    const root = join(base, String(count++));
    mkdirSync(root);
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(join(root, path, '..'), { recursive: true });
      if (text.startsWith('->')) symlinkSync(text.slice(2), join(root, path));
      else writeFileSync(join(root, path), text);
    }
    return root;
  });
}

test('the topmost layer that has the file wins', () => {
  assert.equal(readFileInLayers(layers({}, { 'etc/passwd': 'upper' }, { 'etc/passwd': 'lower' }), '/etc/passwd'), 'upper');
  assert.equal(readFileInLayers(layers({ 'etc/other': '' }, { 'etc/passwd': 'lower' }), '/etc/passwd'), 'lower');
  assert.equal(readFileInLayers(layers({}), '/etc/passwd'), undefined);
});

test('links lead on inside the root, absolute ones too, and never to the host', () => {
  const linked = layers({ 'etc/passwd': '->/store/passwd', 'store/passwd': 'inside' });
  assert.equal(readFileInLayers(linked, '/etc/passwd'), 'inside');
  const directory = layers({ etc: '->../../../real', 'real/passwd': 'there' });
  assert.equal(readFileInLayers(directory, '/etc/passwd'), 'there');
  const outside = layers({ etc: `->${base}/host` }, {});
  mkdirSync(join(base, 'host'));
  writeFileSync(join(base, 'host/passwd'), 'of the host');
  assert.equal(readFileInLayers(outside, '/etc/passwd'), undefined);
});

test("a lower layer's link does not matter where an upper layer has a directory", () => {
  const mixed = layers({ 'etc/group': 'x' }, { etc: '->/elsewhere', 'elsewhere/passwd': 'wrong' });
  assert.equal(readFileInLayers(mixed, '/etc/group'), 'x');
});

test('a file in the place of a directory hides what is below; a circle of links ends', () => {
  assert.equal(readFileInLayers(layers({ etc: 'a file' }, { 'etc/passwd': 'lower' }), '/etc/passwd'), undefined);
  assert.equal(readFileInLayers(layers({ a: '->b', b: '->a' }), '/a'), undefined);
});
