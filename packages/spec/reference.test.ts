import assert from 'node:assert/strict';
import { test } from 'node:test';
import { familiarReference, familiarRepository, formatReference, isTag, parseReference, repositoryOf, withDefaultTag, withDigest, withTag } from './reference.ts';

const zeros = `sha256:${'0'.repeat(64)}`;

test('what people type becomes the full reference, and is shown in familiar form', () => {
  const cases: [typed: string, full: string, familiar: string][] = [
    ['busybox', 'docker.io/library/busybox:latest', 'busybox:latest'],
    ['busybox:1.36', 'docker.io/library/busybox:1.36', 'busybox:1.36'],
    ['library/ubuntu', 'docker.io/library/ubuntu:latest', 'ubuntu:latest'],
    ['docker.io/foo', 'docker.io/library/foo:latest', 'foo:latest'],
    ['index.docker.io/fooo/bar', 'docker.io/fooo/bar:latest', 'fooo/bar:latest'],
    ['library/foo/bar', 'docker.io/library/foo/bar:latest', 'library/foo/bar:latest'],
    ['docker/getting-started:pwd', 'docker.io/docker/getting-started:pwd', 'docker/getting-started:pwd'],
    ['localhost/x', 'localhost/x:latest', 'localhost/x:latest'],
    ['localhost:5000/led/pp:1', 'localhost:5000/led/pp:1', 'localhost:5000/led/pp:1'],
    ['LOCALDOMAIN/fooo/bar', 'LOCALDOMAIN/fooo/bar:latest', 'LOCALDOMAIN/fooo/bar:latest'],
    ['[2001:db8::1]:5000/repo:tag', '[2001:db8::1]:5000/repo:tag', '[2001:db8::1]:5000/repo:tag'],
    ['192.168.1.1:5000', 'docker.io/library/192.168.1.1:5000', '192.168.1.1:5000'],
    [`x@${zeros}`, `docker.io/library/x@${zeros}`, `x@${zeros}`],
    [`h.io/x:1@${zeros}`, `h.io/x:1@${zeros}`, `h.io/x:1@${zeros}`],
  ];
  for (const [typed, full, familiar] of cases) {
    const ref = withDefaultTag(parseReference(typed));
    assert.equal(formatReference(ref), full);
    assert.equal(familiarReference(ref), familiar);
  }
});

test("a malformed reference is refused in Docker's words", () => {
  const cases: [typed: string, message: string][] = [
    ['', 'invalid reference format'],
    [':justtag', 'invalid reference format'],
    ['bb@sha256:123', 'invalid reference format'],
    ['a:b:c', 'invalid reference format'],
    ['aa/asdf$$^/aa', 'invalid reference format'],
    ['-docker', 'invalid reference format'],
    ['[fe80::1%eth0]:5000/repo', 'invalid reference format'],
    ['Foo', 'invalid reference format: repository name (library/Foo) must be lowercase'],
    ['UPPER', 'invalid reference format: repository name (library/UPPER) must be lowercase'],
    ['docker/Docker', 'invalid reference format: repository name (docker/Docker) must be lowercase'],
    [`repo@sha256:${'f'.repeat(34)}`, 'invalid checksum digest length'],
    [`repo@invaliddigest:${'f'.repeat(64)}`, 'unsupported digest algorithm'],
    [`d.io/${'a'.repeat(256)}:t`, 'repository name must not be more than 255 characters'],
    ['f'.repeat(64), `invalid repository name (${'f'.repeat(64)}), cannot specify 64-byte hexadecimal strings`],
  ];
  for (const [typed, message] of cases) assert.throws(() => parseReference(typed), { kind: 'InvalidArgument', message });
});

test('a reference takes another tag or a digest', () => {
  const ref = parseReference('localhost:5000/x:1');
  assert.equal(formatReference(withTag(ref, 'v2')), 'localhost:5000/x:v2');
  assert.equal(formatReference(withDigest(ref, zeros as never)), `localhost:5000/x@${zeros}`);
  assert.throws(() => withTag(ref, 'bad tag'), { message: 'invalid tag format' });
  assert.equal(repositoryOf(ref), 'localhost:5000/x');
  assert.equal(familiarRepository(parseReference('docker.io/library/x:1')), 'x');
  assert.ok(isTag('a'.repeat(128)) && !isTag('a'.repeat(129)) && !isTag('.x'));
});
