/** `--device` and `--gpus` by CDI documents: nodes, variables, mounts, groups, hooks. */
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Daemon } from '../../support/daemon.ts';
import { busyboxTar } from '../../support/images.ts';

const directory = mkdtempSync(join(tmpdir(), 'naru-cdi-'));
const at = (name: string): string => join(directory, name);
let daemon: Daemon;
before(async () => {
  mkdirSync(at('specs'));
  writeFileSync(at('library'), 'driver\n');
  writeFileSync(at('hook'), `#!/bin/sh\nread state; echo "$state" >${at('state')}\n`);
  chmodSync(at('hook'), 0o755);
  writeFileSync(
    at('specs/vendor.json'),
    JSON.stringify({
      cdiVersion: '0.7.0',
      kind: 'vendor.com/gpu',
      containerEdits: { env: ['VENDOR=1'], additionalGids: [4242], mounts: [{ hostPath: at('library'), containerPath: '/usr/lib/driver', options: ['ro', 'rbind'] }] },
      devices: [
        { name: '0', containerEdits: { deviceNodes: [{ path: '/dev/vendor0', hostPath: '/dev/null', permissions: 'rw' }], hooks: [{ hookName: 'createRuntime', path: at('hook') }] } },
        { name: '1', containerEdits: { deviceNodes: [{ path: '/dev/vendor1', type: 'c', major: 1, minor: 5, fileMode: 0o600, uid: 7 }] } },
      ],
    }),
  );
  daemon = await Daemon.start('--cdi-spec-dir', at('specs'));
  await daemon.ok('docker', ['import', await busyboxTar(), 'busybox']);
});
after(async () => {
  await daemon?.[Symbol.asyncDispose]();
  rmSync(directory, { recursive: true });
});

const run = (...args: string[]) => daemon.ok('docker', ['run', '--rm', ...args]);

test('a device by its qualified name: everything its document asks for', async () => {
  const seen = await run('--device', 'vendor.com/gpu=0', 'busybox', 'sh', '-c', 'echo $VENDOR; cat /usr/lib/driver; id -G; echo x >/dev/vendor0 && echo written');
  assert.deepEqual(seen.split('\n'), ['1', 'driver', '0 10 4242', 'written']);
  assert.equal(JSON.parse(readFileSync(at('state'), 'utf8')).status, 'creating');
});

test('--gpus: how many, which, all, too many', async () => {
  const nodes = (gpus: string) => run('--gpus', gpus, 'busybox', 'sh', '-c', 'ls -ln /dev | grep vendor | awk \'{print $NF, $3}\'');
  assert.equal(await nodes('1'), 'vendor0 0');
  assert.equal(await nodes('device=1'), 'vendor1 7');
  assert.equal(await nodes('all'), 'vendor0 0\nvendor1 7');
  assert.match((await daemon.run('docker', ['run', '--rm', '--gpus', '5', 'busybox', 'true'])).stderr, /cannot be met: 2 available/);
});

test('what no document offers is refused', async () => {
  assert.match((await daemon.run('docker', ['run', '--rm', '--device', 'vendor.com/gpu=9', 'busybox', 'true'])).stderr, /CDI device injection failed: unresolvable CDI devices vendor\.com\/gpu=9/);
  rmSync(at('specs/vendor.json'));
  assert.match((await daemon.run('docker', ['run', '--rm', '--gpus', 'all', 'busybox', 'true'])).stderr, /could not select device driver "" with capabilities: \[\[gpu\]\]/);
});
