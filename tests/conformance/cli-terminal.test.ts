/** The command on a real terminal: progress, colours and refusals as docker draws them, at any width. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
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

/** login at an engine that refuses stored credentials and takes others, on a terminal; `stored` is what the configuration file holds for the server. */
async function loggingIn(stored: object, dialogue: (terminal: Terminal) => Promise<void>): Promise<{ code: number; screen: string; asked: unknown[]; auths: unknown }> {
  const directory = await mkdtemp(join(tmpdir(), 'naru-login-'));
  const taken = { method: 'POST', target: '/auth', body: JSON.stringify({ Status: 'Login Succeeded', IdentityToken: '' }) };
  const refusal = { ...taken, status: 401, body: JSON.stringify({ message: 'unauthorized' }) };
  try {
    await using engine = await FakeEngine.start('auth' in stored ? [refusal, taken] : [taken]);
    await writeFile(join(directory, 'config.json'), JSON.stringify({ auths: { 'r.example': stored } }));
    await using terminal = new Terminal(naru, ['login', 'r.example'], { DOCKER_HOST: engine.host, DOCKER_CONFIG: directory });
    await dialogue(terminal);
    const code = await terminal.exit();
    const { auths } = JSON.parse(await readFile(join(directory, 'config.json'), 'utf8')) as { auths: unknown };
    return { code, screen: terminal.screen, asked: engine.heard.map(({ body }) => JSON.parse(body.toString()) as unknown), auths };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

const base64 = (text: string): string => Buffer.from(text).toString('base64');

test('login asks for name and password; the password is edited, not shown, and kept', async () => {
  const { code, screen, asked, auths } = await loggingIn({}, async (terminal) => {
    await terminal.expect(/Username: /);
    terminal.type(' me \r');
    await terminal.expect(/Password: /);
    terminal.type('nothing\x15secreX\x7ft\r');
  });
  assert.equal(code, 0);
  assert.match(screen, /^Username: {2}me \r\nPassword: \r\n\r\nWARNING! [^]*\r\nLogin Succeeded\r\n$/);
  assert.deepEqual(asked, [{ username: 'me', password: 'secret', serveraddress: 'r.example' }]);
  assert.deepEqual(auths, { 'r.example': { auth: base64('me:secret') } });
});

test('stored credentials are tried first; where they are refused, others are asked for, the name with its old value', async () => {
  const { code, screen, asked, auths } = await loggingIn({ auth: base64('me:old') }, async (terminal) => {
    await terminal.expect(/Stored credentials invalid or expired\r\nUsername \(me\): /);
    terminal.type('\r');
    await terminal.expect(/Password: /);
    terminal.type('new\r');
  });
  assert.equal(code, 0);
  assert.match(screen, /^Authenticating with existing credentials\.\.\. \[Username: me\]\r\n/);
  assert.deepEqual(asked, [{ username: 'me', password: 'old', serveraddress: 'r.example' }, { username: 'me', password: 'new', serveraddress: 'r.example' }]);
  assert.deepEqual(auths, { 'r.example': { auth: base64('me:new') } });
});

for (const [question, answers] of [['Username: ', []], ['Password: ', ['me\r']]] as const) {
  test(`Ctrl-C at "${question}" ends login quietly`, async () => {
    const { code, screen, asked } = await loggingIn({}, async (terminal) => {
      for (const answer of answers) {
        await terminal.expect(/Username: /);
        terminal.type(answer);
      }
      await terminal.expect(new RegExp(question));
      terminal.type('\x03');
    });
    assert.equal(code, 0);
    assert.match(screen, new RegExp(`${question}(?:\\^C)?\r\n$`));
    assert.deepEqual(asked, []);
  });
}
