/** Some hundreds of command lines by the real docker and by naru on the same engine: the same words and exit codes. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Daemon } from '../support/daemon.ts';
import { importBusybox } from '../support/images.ts';
import { Registry } from '../support/registry.ts';
import * as known from './cli/known.ts';
import { bothSay, parseRows } from './cli/side-by-side.ts';

const measured = '28.2.2';
const installed = /version ([\d.]+)/.exec(spawnSync('docker', ['--version'], { encoding: 'utf8' }).stdout ?? '')?.[1];
const another = installed === measured ? false : `the docker command here is ${installed ?? 'missing'}, not ${measured}`;

test('naru says what docker says', { skip: another }, async (t) => {
  await using daemon = await Daemon.start();
  await using registry = await Registry.start();
  const directory = await scene();
  const before = process.cwd();
  try {
    await importBusybox(daemon);
    await daemon.ok('naru', ['tag', 'busybox', `${registry.address}/bb:1`]);
    await daemon.ok('naru', ['push', '-q', `${registry.address}/bb:1`]);
    await daemon.ok('naru', ['rmi', `${registry.address}/bb:1`]);
    process.chdir(directory); // naru runs in this process
    const rows = parseRows(readFileSync(join(import.meta.dirname, 'cli', 'rows.txt'), 'utf8').replaceAll('REGISTRY', registry.address));
    const env = { DOCKER_HOST: daemon.host, DOCKER_CONFIG: join(directory, 'config'), DOCKER_BUILDKIT: '0' };
    for (const { line, words } of rows) {
      const { docker, naru } = await bothSay({ words }, env);
      const reason = known.sides[line];
      if (reason === undefined) await t.test(line, () => assert.deepEqual(naru, docker));
      else await t.test(line, () => assert.notDeepEqual(naru, docker, `no longer differs: ${reason}`));
    }
    assert.ok(rows.length > 500, `only ${rows.length} rows`);
  } finally {
    process.chdir(before);
    await rm(directory, { recursive: true, force: true });
  }
});

/** The files that the rows name. */
async function scene(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'naru-side-by-side-'));
  await mkdir(join(directory, 'config'));
  const files = { Dockerfile: 'FROM busybox\nRUN echo hi\n', '.dockerignore': '*\n!Dockerfile\n', 'e.env': 'A=1\nB\n#c\n', 'bad.env': 'A B=1\n', labels: 'k=v\nj\n', 'f.txt': 'hello\n' };
  for (const [name, text] of Object.entries(files)) await writeFile(join(directory, name), text);
  return directory;
}
