import assert from 'node:assert/strict';
import { mkdirSync, mkdtempDisposableSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { WantedMount } from './bind.ts';
import { imageMount } from './image-mount.ts';

test('a subpath is followed through links as the topmost layer has them, and never out of the image', () => {
  using home = mkdtempDisposableSync(join(tmpdir(), 'image-mount-'));
  const [top, bottom] = ['top', 'bottom'].map((name) => join(home.path, name)) as [string, string];
  for (const directory of [join(top, 'real'), join(bottom, 'real'), join(bottom, 'deep/er'), join(top, 'a:/b,c\\d'), join(bottom, 'a:/b,c\\d')]) mkdirSync(directory, { recursive: true });
  writeFileSync(join(bottom, 'deep/file'), 'x');
  const link = (layer: string, name: string, target: string): void => symlinkSync(target, join(layer, name));
  link(bottom, 'real2', 'deep');
  link(top, 'real2', 'real');
  link(top, 'real/up', '../deep/er/../file');
  link(top, 'out', '../../etc');
  link(top, 'absolute', '/real');
  link(top, 'round', 'round');
  link(bottom, 'gone', 'nothing');
  link(top, 'odd', 'a:/b,c\\d');
  const snapshots = { lowerPaths: () => [top, bottom] };
  const shown = (subpath: string): string => {
    const { source, options } = imageMount({ destination: '/i', subpath, readOnly: true, image: { chainId: 'c' } } as unknown as WantedMount, { snapshots, directory: home.path });
    return (source === 'overlay' ? (options?.[0] ?? '') : source ?? '').replaceAll(`${home.path}/`, '');
  };
  assert.equal(shown('real2'), 'lowerdir=top/real:bottom/real');
  assert.equal(shown('real2/up'), 'bottom/deep/file');
  assert.equal(shown('deep/./er'), 'bottom/deep/er');
  assert.equal(shown('odd'), 'lowerdir=top/a\\:/b\\,c\\\\d:bottom/a\\:/b\\,c\\\\d', 'a name is not what separates layers or options');
  for (const path of ['out', 'out/passwd', 'absolute']) assert.throws(() => shown(path), /path concatenation escapes the base directory, subpath: /, path);
  assert.throws(() => shown('round'), /too many levels of symbolic links/);
  for (const path of ['gone', 'real/none']) assert.throws(() => shown(path), /cannot access path \S+: lstat \S+: no such file or directory/, path);
});
