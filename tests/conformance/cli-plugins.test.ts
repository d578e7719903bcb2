/** Plugins of the command line: found, listed, run in place of a command, told the truth about where they are. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { FakeEngine } from '../../packages/cli/testing/fake-engine.ts';
import { root } from '../support/command.ts';
import { Terminal } from '../support/terminal.ts';

let here: string;
let config: string;

/** A plugin that says how it was called. */
const plugin = (metadata: object): string => `#!/bin/sh
if [ "$1" = docker-cli-plugin-metadata ]; then echo '${JSON.stringify(metadata)}'; exit 0; fi
echo "$*"
echo "host=$DOCKER_HOST builder=$BUILDX_BUILDER path=$OTEL_RESOURCE_ATTRIBUTES"
cat
echo complaint >&2
exit 7
`;
const metadata = { SchemaVersion: '0.1.0', Vendor: 'Somebody', Version: 'v1.2', ShortDescription: 'Says hello' };

before(async () => {
  here = await mkdtemp(join(tmpdir(), 'naru-cli-plugins-'));
  config = join(here, 'config');
  const files = {
    'config/cli-plugins/docker-hello': plugin(metadata),
    'config/cli-plugins/docker-buildx': plugin({ ...metadata, ShortDescription: 'Builds' }),
    'config/cli-plugins/docker-ps': plugin(metadata),
    'config/cli-plugins/docker-deaf': `#!/bin/sh\nif [ "$1" = docker-cli-plugin-metadata ]; then echo '${JSON.stringify({ ...metadata, Hidden: true })}'; exit; fi\ntrap '' INT TERM\necho $$\nexec sleep 1000\n`,
    'config/cli-plugins/docker-slow': `#!/bin/sh\nif [ "$1" = docker-cli-plugin-metadata ]; then echo '${JSON.stringify({ ...metadata, Hidden: true })}'; exit; fi\nn=0\ntrap 'n=$((n+1)); echo "heard $n"' INT\necho up\nwhile [ $n -lt 4 ]; do sleep 1; done\nexit 5\n`,
    'config/cli-plugins/docker-odd': '#!/bin/sh\necho i am odd\n',
    'config/cli-plugins/docker-nobody': plugin({ SchemaVersion: '0.1.0' }),
    'extra/docker-hello': plugin({ ...metadata, Version: 'v2' }),
    'more/config.json': JSON.stringify({ cliPluginsExtraDirs: [join(here, 'extra')] }),
    'more/cli-plugins/docker-hello': plugin(metadata),
    'alias/config.json': JSON.stringify({ aliases: { builder: 'hello' } }),
    'alias/cli-plugins/docker-hello': plugin(metadata),
    'hooked/cli-plugins/docker-hint': `#!/bin/sh
case "$1 $2" in
  docker-cli-plugin-metadata*) cat; echo '${JSON.stringify(metadata)}' ;;
  'hint docker-cli-plugin-hooks') cat; printf '%s\\n' "$3" >>asked; cat answer ;;
  *) echo ran ;;
esac
`,
    'hooked/config.json': JSON.stringify({ features: { hooks: 'true' }, plugins: { absent: { hooks: 'images' }, hint: { hooks: 'images,context,hint' } } }),
    'hooked/answer': JSON.stringify({ Type: 0, Template: 'ran {{.Name}} {{flag . "quiet"}} {{arg . 0}}\nand more' }),
    'wrong/config.json': JSON.stringify({ aliases: { ps: 'hello' } }),
  };
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(here, name)), { recursive: true });
    await writeFile(join(here, name), text, { mode: 0o755 });
  }
});
after(async () => await rm(here, { recursive: true, force: true }));

interface Said {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the built command; no engine is there. */
async function naru(words: readonly string[], env: Readonly<Record<string, string>> = {}, stdin = ''): Promise<Said> {
  const child = spawn(join(root, 'bin/naru'), words, { cwd: here, env: { PATH: process.env['PATH'], HOME: here, DOCKER_CONFIG: config, DOCKER_HOST: 'unix:///nonexistent.sock', ...env } });
  child.stdin.on('error', () => {}); // who reads nothing closes it
  child.stdin.end(stdin);
  const [stdout, stderr, [code]] = await Promise.all([child.stdout.toArray(), child.stderr.toArray(), once(child, 'close')]);
  return { code: code as number | null, stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() };
}

test('a plugin is a command: it gets all words and the input, and its exit code is the command\'s', async () => {
  const said = await naru(['--log-level', 'error', 'hello', 'a', '--b'], {}, 'typed\n');
  assert.deepEqual(said, {
    code: 7, stderr: 'complaint\n',
    stdout: '--log-level error hello a --b\nhost=unix:///nonexistent.sock builder= path=docker.cli.cobra.command_path=naru%20hello\ntyped\n',
  });
});

test('a plugin asks the engine that Naru would ask', async () => {
  assert.match((await naru(['hello'], { DOCKER_HOST: '' })).stdout, /^host=unix:\/\/\/run\/naru\/naru\.sock /m);
});

test('a plugin that hears no signal is ended by the third', { timeout: 240_000 }, async (t) => {
  const child = spawn(join(root, 'bin/naru'), ['deaf'], { env: { PATH: process.env['PATH'], HOME: here, DOCKER_CONFIG: config, DOCKER_HOST: 'unix:///nonexistent.sock' } });
  const said = child.stderr.toArray();
  const closed = once(child, 'close'); // the plugin holds the streams too: they close when it is gone
  const [pid] = (await once(child.stdout, 'data')) as [Buffer];
  t.after(() => {
    child.kill('SIGKILL');
    if (!child.stdout.closed) process.kill(Number(pid), 'SIGKILL');
  });
  while (child.exitCode === null && child.signalCode === null) {
    child.kill('SIGINT');
    await new Promise((wake) => setTimeout(wake, 20)); // signals that come too fast are one
  }
  assert.equal((await closed)[0], 1);
  assert.equal(Buffer.concat(await said).toString(), 'got 3 SIGTERM/SIGINTs, forcefully exiting\n');
});

test('on a terminal a plugin hears Ctrl-C itself, and is waited for however many there are', async () => {
  await using terminal = new Terminal(join(root, 'bin/naru'), ['slow'], { HOME: here, DOCKER_CONFIG: config, DOCKER_HOST: 'unix:///nonexistent.sock' });
  await terminal.expect(/up/);
  for (const count of [1, 2, 3, 4]) {
    terminal.type('\x03');
    await terminal.expect(new RegExp(`heard ${count}`));
  }
  assert.equal(await terminal.exit(), 5);
  assert.doesNotMatch(terminal.screen, /forcefully/);
});

test('help is the plugin\'s own, before and behind its name', async () => {
  assert.match((await naru(['hello', '--help'])).stdout, /^hello --help\n/);
  assert.match((await naru(['--help', 'hello'])).stdout, /^--help hello\n/);
  const topic = await naru(['help', 'hello']);
  assert.match(topic.stdout, /^help hello\n/);
  assert.deepEqual([topic.code, topic.stderr], [1, 'complaint\nexit status 7\n']);
});

test('what cannot be run is no command, and the first page says why', async () => {
  for (const name of ['odd', 'nobody', 'nosuch']) {
    const said = await naru([name]);
    assert.deepEqual([said.code, said.stdout], [1, ''], name);
    assert.match(said.stderr, new RegExp(`unknown command: naru ${name}\n`));
  }
  const { stdout } = await naru(['--help']);
  assert.match(stdout, /^  buildx\* +Builds\n  checkpoint /m);
  assert.match(stdout, /^  hello\* +Says hello$/m);
  assert.match(stdout, /^Invalid Plugins:\n  nobody +plugin metadata does not define a vendor\n  odd +invalid metadata: invalid character 'i' looking for beginning of value\n  ps +plugin "ps" duplicates builtin command\n/m);
});

test('info tells of plugins, of those that are hidden too', async () => {
  await using engine = await FakeEngine.start([{ method: 'GET', target: '/info', body: '{}' }]);
  const env = { DOCKER_HOST: engine.host, DOCKER_CONFIG: join(here, 'more') };
  const { stdout } = await naru(['info', '--format', '{{json .ClientInfo.Plugins}}'], env);
  assert.deepEqual(JSON.parse(stdout), [{ ...metadata, Version: 'v2', Name: 'hello', Path: join(here, 'extra/docker-hello'), ShadowedPaths: [join(here, 'more/cli-plugins/docker-hello')] }]);
  assert.match((await naru(['info'], env)).stdout, /\n Plugins:\n  hello: Says hello \(Somebody\)\n    Version:  v2\n    Path:     /);
});

test('building goes to the builder\'s plugin where there is one, unless the environment says no', async () => {
  const rows: [string[], string][] = [
    [['build', '-t', 'x', '.'], 'buildx build -t x .'],
    [['image', 'build', '.'], 'buildx build .'],
    [['builder', 'prune'], 'buildx prune'],
    [['bake'], 'buildx bake'],
  ];
  for (const [words, called] of rows) {
    const { stdout } = await naru(words);
    assert.equal(stdout.split('\n', 1)[0], called);
    assert.match(stdout, / builder=default /);
  }
  assert.match((await naru(['build', '.'], { BUILDX_BUILDER: 'mine' })).stdout, / builder=mine /);
  const own = await naru(['build', '.'], { DOCKER_BUILDKIT: '0' });
  assert.deepEqual([own.code, own.stdout], [1, '']);
  assert.match(own.stderr, /unable to prepare context/);
  assert.match((await naru(['ps'], { DOCKER_BUILDKIT: 'maybe' })).stderr, /^DOCKER_BUILDKIT environment variable expects boolean value: /);
});

test('the builder may go by another name, and nothing else may', async () => {
  assert.equal((await naru(['build', '.'], { DOCKER_CONFIG: join(here, 'alias') })).stdout.split('\n', 1)[0], 'hello build .');
  const wrong = await naru(['ps'], { DOCKER_CONFIG: join(here, 'wrong') });
  assert.deepEqual([wrong.code, wrong.stderr], [1, 'not allowed to alias "ps" (allowed: map[string]struct {}{"builder":struct {}{}})\n']);
});

test('completion names plugins and leaves their own words to them', async () => {
  assert.equal((await naru(['__complete', 'hel'])).stdout, 'hello\tSays hello\nhelp\tHelp about the command\n:4\n');
  assert.match((await naru(['__complete', 'hello', 'a'])).stdout, /^__complete hello a\n/);
});

/** What the command shows on a terminal, and what the plugin was asked. */
async function hooked(words: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<{ code: number; shown: string; asked: readonly unknown[] }> {
  await using engine = await FakeEngine.start([{ method: 'GET', target: '/images/json', body: '[]' }]);
  const directory = join(here, 'hooked');
  await rm(join(directory, 'asked'), { force: true });
  const line = words.map((word) => `'${word}'`).join(' ');
  await using terminal = new Terminal('sh', ['-c', `cd '${directory}'; exec '${join(root, 'bin/naru')}' ${line}`], { HOME: here, DOCKER_CONFIG: directory, DOCKER_HOST: engine.host, ...env });
  const code = await terminal.exit();
  const asked = existsSync(join(directory, 'asked')) ? readFileSync(join(directory, 'asked'), 'utf8').trim().split('\n').map((each) => JSON.parse(each) as unknown) : [];
  return { code, shown: terminal.screen.replaceAll('\r\n', '\n'), asked };
}

test('a plugin with a hook says what is next, after a command that it is configured for, on a terminal', async () => {
  const next = "\x1b[1m\nWhat's next:\x1b[0m\n    ran images true\x20\n    and more\n";
  assert.deepEqual(await hooked(['images', '-q']), { code: 0, shown: next, asked: [{ RootCmd: 'images', Flags: { quiet: 'true' }, CommandError: '' }] });
  for (const [name, value] of [['DOCKER_CLI_HINTS', '0'], ['DOCKER_CLI_HOOKS', 'nonsense']] as const) assert.deepEqual(await hooked(['images', '-q'], { [name]: value }), { code: 0, shown: '', asked: [] });
  const failed = await hooked(['images', 'a', 'b']);
  assert.match(failed.shown, /What's next:[^]*ran images false a\n[^]*requires at most 1 argument/);
  assert.match((failed.asked[0] as { CommandError: string }).CommandError, /^naru: 'naru images' requires at most 1 argument\n/);
  const mine = await hooked(['hint', 'go', '--now']);
  assert.deepEqual(mine, { code: 0, shown: 'ran\n', asked: [{ RootCmd: 'hint', Flags: { now: '' }, CommandError: '' }] }); // its template asks for a flag that is not known
  await writeFile(join(here, 'hooked', 'answer'), 'junk');
  assert.equal((await hooked(['context', 'show'])).shown, 'default\n');
});

test('commands that have a place in a group are not listed where the environment says so, and work', async () => {
  const { stdout } = await naru(['--help'], { DOCKER_HIDE_LEGACY_COMMANDS: '1' });
  assert.match(stdout, /^ {2}run /m);
  assert.doesNotMatch(stdout, /^Commands:$/m);
  assert.equal((await naru(['__complete', 'rm'], { DOCKER_HIDE_LEGACY_COMMANDS: '1' })).stdout, ':4\n');
  assert.match((await naru(['rmi', '--help'], { DOCKER_HIDE_LEGACY_COMMANDS: '1' })).stdout, /^\nUsage: {2}naru rmi|^Usage: {2}naru rmi/);
});

test("a swarm manager's commands are listed where a swarm is managed, and where nobody knows", async () => {
  await using engine = await FakeEngine.start([]);
  const shown = async (swarm: string | undefined): Promise<boolean> => {
    engine.swarm = swarm;
    return /^ {2}config /m.test((await naru(['--help'], { DOCKER_HOST: engine.host })).stdout);
  };
  assert.deepEqual([await shown(undefined), await shown('inactive'), await shown('active/manager')], [true, false, true]);
});
