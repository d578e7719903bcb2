/** The command on a real terminal: progress, colours and refusals as docker draws them, at any width. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { type CannedAnswer, FakeEngine } from '../../packages/cli/testing/fake-engine.ts';
import { root } from '../support/command.ts';
import { Terminal } from '../support/terminal.ts';

const naru = join(root, 'bin/naru');
const measured = '28.2.2';
const installed = /version ([\d.]+)/.exec(spawnSync('docker', ['--version'], { encoding: 'utf8' }).stdout ?? '')?.[1];
const another = installed === measured ? false : `the docker command here is ${installed ?? 'missing'}, not ${measured}`;

/** Everything that the command drew on a terminal of this width, against an engine with these answers. */
async function drawn(command: string, words: readonly string[], columns: number, answers: readonly CannedAnswer[], env: NodeJS.ProcessEnv = {}): Promise<{ code: number; screen: string }> {
  await using engine = await FakeEngine.start(answers);
  const line = [command, ...words].map((word) => `'${word}'`).join(' ');
  await using terminal = new Terminal('sh', ['-c', `stty cols ${columns}; exec ${line}`], { DOCKER_HOST: engine.host, DOCKER_CONFIG: '/nonexistent', DOCKER_BUILDKIT: '0', ...env });
  const code = await terminal.exit();
  return { code, screen: terminal.screen };
}

const lines = (...messages: readonly object[]): string => messages.map((message) => `${JSON.stringify(message)}\r\n`).join('');

const pulling = lines(
  { status: 'Pulling from library/x', id: 'latest' },
  { status: 'Pulling fs layer', progressDetail: {}, id: 'aaaaaaaaaaaa' },
  { status: 'Pulling fs layer', progressDetail: {}, id: 'bbbbbbbbbbbb' },
  { status: 'Downloading', progressDetail: { current: 0, total: 1000 }, progress: '', id: 'aaaaaaaaaaaa' },
  { status: 'Downloading', progressDetail: { current: 523_452, total: 2_345_678 }, id: 'aaaaaaaaaaaa' },
  { status: 'Downloading', progressDetail: { current: 77, total: 50 }, id: 'bbbbbbbbbbbb' },
  { status: 'Downloading', progressDetail: { current: 4096 }, id: 'bbbbbbbbbbbb' },
  { status: 'Verifying Checksum', progressDetail: {}, id: 'bbbbbbbbbbbb' },
  { status: 'Download complete', progressDetail: {}, id: 'bbbbbbbbbbbb' },
  { status: 'Retrying in 3 seconds', progressDetail: { current: 2, total: 3, units: 's', hidecounts: true }, id: 'cccccccccccc' },
  { status: 'Extracting', progressDetail: { current: 1, total: 3, units: 's' }, id: 'aaaaaaaaaaaa' },
  { status: 'Extracting', progressDetail: { current: 2_345_678, total: 2_345_678 }, id: 'aaaaaaaaaaaa' },
  { status: 'Pull complete', progressDetail: {}, id: 'aaaaaaaaaaaa' },
  { status: 'Digest: sha256:abc' },
  { status: 'Status: Downloaded newer image for x:latest' },
);

const pull: CannedAnswer[] = [{ method: 'POST', target: '/images/create?fromImage=docker.io%2Flibrary%2Fx&tag=latest', body: pulling }];
const refused: CannedAnswer[] = [{ method: 'POST', target: '/images/create?fromImage=docker.io%2Flibrary%2Fx&tag=latest', body: lines({ status: 'Pulling', id: 'x' }, { errorDetail: { message: 'no basic auth' }, error: 'no basic auth' }) }];
const push: CannedAnswer[] = [{
  method: 'POST', target: '/images/docker.io/library/x/push?tag=latest',
  body: lines(
    { status: 'The push refers to repository [docker.io/library/x]' }, { status: 'Preparing', progressDetail: {}, id: 'aaa' }, { status: 'Pushing', progressDetail: { current: 512, total: 1024 }, id: 'aaa' },
    { status: 'Pushed', progressDetail: {}, id: 'aaa' }, { status: 'latest: digest: sha256:abc size: 1' }, { progressDetail: {}, aux: { Tag: 'latest', Digest: 'sha256:abc', Size: 1 } },
  ),
}];
const image = { Id: `sha256:${'a'.repeat(64)}`, ParentId: '', RepoTags: ['x:1', 'a/rather/long/name/of/an/image:latest'], RepoDigests: [], Created: 1, Size: 2_345_678, SharedSize: -1, Containers: -1, Labels: null };
const platformOf = (architecture: string, Containers: string[]) => ({ ID: `sha256:${architecture.padEnd(64, '0')}`, Available: Containers.length > 0, Kind: 'image', Descriptor: {}, Size: { Content: 1000, Total: 3000 }, ImageData: { Platform: { os: 'linux', architecture }, Containers } });
const tree: CannedAnswer[] = [{ method: 'GET', target: '/images/json?manifests=1', body: JSON.stringify([{ ...image, Manifests: [platformOf('amd64', ['c']), platformOf('arm64', [])] }, { ...image, RepoTags: [] }]) }];

const scenes: readonly (readonly [words: readonly string[], answers: readonly CannedAnswer[]])[] = [
  [['pull', 'x'], pull], [['pull', '-q', 'x'], pull], [['pull', 'x'], refused], [['push', 'x'], push], [['push', '-q', 'x'], push], [['images', '--tree'], tree],
  [['save', 'x'], []], [['export', 'x'], []], [['context', 'export', 'default', '-'], []], [['run', '--help'], []], [['ps', '--nope'], []],
];

for (const columns of [50, 80, 111, 160]) {
  test(`${columns} columns: what docker draws`, { skip: another }, async (t) => {
    for (const [words, answers] of scenes) {
      const asDocker = await mkdtemp(join(tmpdir(), 'naru-as-docker-'));
      try {
        spawnSync('ln', ['-s', naru, join(asDocker, 'docker')]);
        const [theirs, ours] = await Promise.all([drawn('docker', words, columns, answers), drawn(join(asDocker, 'docker'), words, columns, answers)]);
        await t.test(words.join(' '), () => assert.deepEqual(ours, theirs));
      } finally {
        await rm(asDocker, { recursive: true, force: true });
      }
    }
  });
}

test('NO_COLOR takes the colours, not the table', async () => {
  const { screen } = await drawn(naru, ['images', '--tree'], 100, tree, { NO_COLOR: '1' });
  assert.match(screen, /IMAGE {35}ID/);
  assert.ok(!screen.includes('\x1b['), screen);
});
