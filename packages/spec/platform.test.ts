import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatPlatform, parsePlatform, platformFit } from './platform.ts';

test('platforms are parsed, aliases resolved, silent variants dropped', () => {
  for (const [text, shown] of [['linux/amd64', 'linux/amd64'], ['linux/aarch64', 'linux/arm64'], ['linux/arm64/v8', 'linux/arm64'], ['arm', 'linux/arm/v7'], ['linux/arm/6', 'linux/arm/v6'], ['x86_64', 'linux/amd64']] as const) {
    assert.equal(formatPlatform(parsePlatform(text)), shown);
  }
  assert.throws(() => parsePlatform('linux/a b'), { kind: 'InvalidArgument' });
  assert.throws(() => parsePlatform('foo'), { message: '"foo": unknown operating system or architecture: invalid argument' });
  assert.equal(parsePlatform('windows').os, 'windows');
  assert.equal(formatPlatform(parsePlatform('macOS/arm64')), 'darwin/arm64');
  assert.equal(parsePlatform('windows(10.0.17763)/amd64')['os.version'], '10.0.17763');
  for (const [text, complaint] of [
    ['/', '"" is an invalid OS component of "/": OSAndVersion specifier component must match "^([A-Za-z0-9_-]+)(?:\\\\(([A-Za-z0-9_.-]*)\\\\))?$"'],
    ['linux/', '"" is an invalid component of "linux/": platform specifier component must match "^[A-Za-z0-9_-]+$"'],
    ['a/b/c/d', '"a/b/c/d": cannot parse platform specifier'],
    ['linux/*', '"linux/*": wildcards not yet supported'],
  ] as const) {
    assert.throws(() => parsePlatform(text), { message: `${complaint}: invalid argument` });
  }
});

test('a lower variant of the same family fits, less well', () => {
  const fit = (wanted: string, offered: string): number => platformFit(parsePlatform(wanted), parsePlatform(offered));
  assert.equal(fit('linux/amd64', 'linux/arm64'), 0);
  assert.ok(fit('linux/arm/v7', 'linux/arm/v7') > fit('linux/arm/v7', 'linux/arm/v6'));
  assert.ok(fit('linux/arm/v7', 'linux/arm/v6') > 0);
  assert.equal(fit('linux/arm/v6', 'linux/arm/v7'), 0);
  assert.equal(fit('linux/amd64', 'windows/amd64'), 0);
});
