/** The ways out of a container by `docker cp`, which the daemon does as root on the container's own files; none leads out. Needs root. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { type Answer, call } from '../support/api.ts';
import { Daemon } from '../support/daemon.ts';
import { importBusybox } from '../support/images.ts';

const secret = 'the host\'s own words';

suite('docker cp', () => {
  let daemon: Daemon;
  let outside: string;
  before(async () => {
    daemon = await Daemon.start();
    await importBusybox(daemon);
    outside = mkdtempSync(join(tmpdir(), 'naru-outside-'));
    writeFileSync(join(outside, 'file'), secret);
  });
  after(async () => {
    await daemon?.[Symbol.asyncDispose]();
    rmSync(outside, { recursive: true });
  });

  const put = (name: string, path: string, tar: Uint8Array): Promise<Answer> => call(daemon, 'PUT', `/containers/${name}/archive?path=${encodeURIComponent(path)}`, tar);
  const get = (name: string, path: string): Promise<Answer> => call(daemon, 'GET', `/containers/${name}/archive?path=${encodeURIComponent(path)}`);

  function tarOf(name: string, content: string): Buffer {
    const directory = mkdtempSync(join(tmpdir(), 'naru-tar-'));
    try {
      writeFileSync(join(directory, name), content);
      return execFileSync('tar', ['-C', directory, '-cf', '-', name]);
    } finally {
      rmSync(directory, { recursive: true });
    }
  }

  async function run(name: string, script: string): Promise<void> {
    await call(daemon, 'POST', `/containers/create?name=${name}`, { Image: 'busybox', Cmd: ['sh', '-c', script], HostConfig: { NetworkMode: 'none' } });
    assert.equal((await call(daemon, 'POST', `/containers/${name}/start`)).status, 204);
  }

  test('a path that the container swaps for a symlink while it is copied stays inside (CVE-2018-15664)', async () => {
    await run('swap', `while :; do mkdir -p /d; echo own > /d/file; rm -rf /d; ln -s ${outside} /d; rm -f /d; done`);
    const tar = tarOf('planted', 'x');
    for (let round = 0; round < 150; round++) {
      /* What vanishes under the daemon's hands ends the answer. */
      const [, read] = await Promise.allSettled([put('swap', '/d', tar), get('swap', '/d/file')]);
      assert.equal(read.status === 'fulfilled' && read.value.text.includes(secret), false);
      assert.deepEqual(readdirSync(outside), ['file']);
    }
    assert.equal(readFileSync(join(outside, 'file'), 'utf8'), secret);
    await call(daemon, 'DELETE', '/containers/swap?force=1');
  });

  test('a symlink that lies there leads to the container\'s own file (CVE-2018-15664)', async () => {
    await run('link', `ln -s ${outside} /link; ln -s ../../../../../../../..${outside}/file /up; sleep 1000`);
    for (const path of ['/link/file', '/up', '/link/']) assert.equal((await get('link', path)).text.includes(secret), false, path);
    await put('link', '/link', tarOf('planted', 'x'));
    assert.deepEqual(readdirSync(outside), ['file']);
    await call(daemon, 'DELETE', '/containers/link?force=1');
  });

  test('an archive whose own links lead out unpacks inside (CVE-2018-15664)', async () => {
    await run('tar', 'sleep 1000');
    const directory = mkdtempSync(join(tmpdir(), 'naru-tar-'));
    execFileSync('sh', ['-c', `cd ${directory}; ln -s ${outside} a; tar -cf x.tar a; rm a; mkdir a; echo x > a/planted; tar -rf x.tar a/planted`]);
    await put('tar', '/', readFileSync(join(directory, 'x.tar')));
    rmSync(directory, { recursive: true });
    assert.deepEqual(readdirSync(outside), ['file']);
    await call(daemon, 'DELETE', '/containers/tar?force=1');
  });

  test('no library of the container is loaded (CVE-2019-14271)', async () => {
    const pwned = join(outside, 'pwned');
    const source = join(outside, 'evil.c');
    const library = join(outside, 'evil.so');
    writeFileSync(source, `#include <fcntl.h>\n__attribute__((constructor)) static void run(void) { open("${pwned}", O_CREAT | O_WRONLY, 0600); open("/pwned", O_CREAT | O_WRONLY, 0600); }\n`);
    execFileSync('gcc', ['-shared', '-fPIC', '-o', library, source]);
    await run('nss', 'sleep 1000');
    const directory = mkdtempSync(join(tmpdir(), 'naru-tar-'));
    for (const place of ['lib', 'lib64', 'usr/lib', 'lib/x86_64-linux-gnu', 'lib/aarch64-linux-gnu']) {
      execFileSync('sh', ['-c', `mkdir -p ${place}; for n in libnss_files.so.2 libnss_compat.so.2 libnss_dns.so.2 libnss_systemd.so.2 libc.so.6 libz.so.1; do cp ${library} ${place}/$n; done`], { cwd: directory });
    }
    assert.equal((await put('nss', '/', execFileSync('tar', ['-C', directory, '-cf', '-', '.']))).status, 200);
    rmSync(directory, { recursive: true });
    rmSync(source);
    rmSync(library);
    assert.equal((await get('nss', '/etc')).status, 200);
    assert.equal((await call(daemon, 'PUT', '/containers/nss/archive?path=/tmp&copyUIDGID=1', tarOf('file', 'x'))).status, 200);
    assert.equal(existsSync(pwned), false);
    assert.equal((await get('nss', '/pwned')).status, 404);
    await call(daemon, 'DELETE', '/containers/nss?force=1');
  });
});
