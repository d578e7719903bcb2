/** Where a build's files come from: what travels in the archive, and which git repositories are taken. */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, mkdtemp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { readTar } from '#base';
import { FakeEngine } from '../../packages/cli/testing/fake-engine.ts';
import { invoke, type Invoked, type InvokeOptions } from '../../packages/cli/testing/invoke.ts';

let here: string;
before(async () => {
  here = await mkdtemp(join(tmpdir(), 'naru-build-contexts-'));
});
after(async () => await rm(here, { recursive: true, force: true }));

test('a Dockerfile from standard input is kept out of what the build copies', async () => {
  const bare = await contextOf({ 'a.txt': 'a' });
  const sent = await built(['-f', '-', bare], { stdin: 'FROM scratch\n' });
  const name = [...sent.files.keys()].find((file) => file.startsWith('.dockerfile.')) ?? '';
  assert.equal(sent.files.get(name), 'FROM scratch\n');
  assert.ok(sent.target.includes(`dockerfile=${name}`), sent.target);
  assert.equal(sent.files.get('.dockerignore'), `.dockerignore\n${name}\n`);
});

test('a Dockerfile from standard input adds to the ignore file that is there', async () => {
  const { files } = await built(['-f', '-', await contextOf({ '.dockerignore': 'b.txt', 'a.txt': 'a', 'b.txt': 'b' })], { stdin: 'FROM scratch\n' });
  const name = [...files.keys()].find((file) => file.startsWith('.dockerfile.')) ?? '';
  assert.equal(files.get('.dockerignore'), `b.txt\n${name}\n`);
  assert.deepEqual([...files.keys()].sort(), ['.dockerignore', name, 'a.txt'].sort());
});

test('a repository behind a server of plain files is fetched whole', async () => {
  await using served = await repository();
  assert.equal((await built([served.url])).files.get('Dockerfile'), 'FROM scratch\n');
  assert.equal((await built([`${served.url}#side`])).files.get('only-here'), 'yes');
  assert.deepEqual([...(await built([`${served.url}#:sub`])).files.keys()], ['Dockerfile']);
});

test('a server that speaks git\'s protocol gives the last commit alone, to who logs in by the URL too', async () => {
  await using served = await repository(serveGit);
  const { files } = await built([`${served.url.replace('://', '://user:secret@')}#side`]);
  assert.equal(files.get('only-here'), 'yes');
  assert.ok(files.has('.git/shallow'), [...files.keys()].join());
});

test('a ref is never an option of git, and a directory never outside the repository', async () => {
  await using served = await repository();
  const mark = join(here, 'ran');
  const clone = "unable to prepare context: unable to 'git clone' to temporary context directory:";
  for (const [fragment, complaint] of [
    [`--upload-pack=touch ${mark}`, `${clone} invalid refspec: --upload-pack=touch ${mark}\n`],
    [':../..', `${clone} error setting git context, "../.." not within git root\n`],
    ['nowhere', `${clone} error fetching: fatal: couldn't find remote ref nowhere\n: exit status 128\n`],
  ]) {
    const { code, stderr } = await invoke(['build', `${served.url}#${fragment}`], { env: { LC_ALL: 'C' } });
    assert.deepEqual([code, stderr], [1, complaint]);
  }
  await assert.rejects(access(mark));
});

test('without git it is git that is missing', async () => {
  const path = process.env['PATH'];
  process.env['PATH'] = '/nonexistent';
  try {
    const { code, stderr } = await invoke(['build', 'https://example.invalid/a.git']);
    assert.deepEqual([code, stderr], [1, 'unable to prepare context: unable to find \'git\': exec: "git": executable file not found in $PATH\n']);
  } finally {
    process.env['PATH'] = path;
  }
});

interface Sent {
  readonly target: string;
  readonly files: ReadonlyMap<string, string>;
}

/** Builds with an engine that only listens; gives what it was sent. */
async function built(words: readonly string[], options: InvokeOptions = {}): Promise<Sent> {
  await using engine = await FakeEngine.start([]);
  const said: Invoked = await invoke(['build', ...words], { ...options, env: { DOCKER_HOST: engine.host } });
  const heard = engine.heard[0];
  assert.ok(heard, said.stderr);
  const files = new Map<string, string>();
  for await (const { header, bytes } of readTar((async function* () { yield heard.body; })())) {
    if (header.type === 'file' && (!header.name.startsWith('.git/') || header.name === '.git/shallow')) files.set(header.name, (await bytes()).toString());
  }
  return { target: heard.target, files };
}

async function contextOf(files: Readonly<Record<string, string>>): Promise<string> {
  const directory = await mkdtemp(join(here, 'context-'));
  for (const [name, text] of Object.entries(files)) await writeFile(join(directory, name), text);
  return directory;
}

/** A repository with a branch `side`, served as files are, without git's own protocol, or as `serveIt` does. */
async function repository(serveIt = serve): Promise<{ readonly url: string } & AsyncDisposable> {
  const directory = await contextOf({ Dockerfile: 'FROM scratch\n' });
  await mkdir(join(directory, 'sub'));
  await writeFile(join(directory, 'sub', 'Dockerfile'), 'FROM scratch\n');
  const git = (...words: string[]) => execFileSync('git', ['-c', 'user.name=n', '-c', 'user.email=n@example.invalid', ...words], { cwd: directory, stdio: 'pipe' });
  git('init');
  git('add', '.');
  git('commit', '-m', 'one');
  git('checkout', '-b', 'side');
  await writeFile(join(directory, 'only-here'), 'yes');
  git('add', '.');
  git('commit', '-m', 'two');
  git('checkout', '-');
  git('update-server-info');
  const server = serveIt(join(directory, '.git'));
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/repo.git`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function serve(directory: string): Server {
  return createServer((request, response) => {
    const path = new URL(request.url ?? '', 'http://x').pathname.replace('/repo.git', directory);
    readFile(path).then((bytes) => response.end(bytes), () => response.writeHead(404).end());
  }).listen(0, '127.0.0.1');
}

/** By git's own server for the web (git-http-backend(1)), to a user with a password. */
function serveGit(directory: string): Server {
  return createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://x');
    if (request.headers.authorization !== `Basic ${btoa('user:secret')}`) return void response.writeHead(401, { 'WWW-Authenticate': 'Basic realm="git"' }).end();
    const child = spawn('git', ['http-backend'], {
      env: {
        ...process.env, GIT_PROJECT_ROOT: directory, GIT_HTTP_EXPORT_ALL: '1', PATH_INFO: pathname.replace('/repo.git', ''), QUERY_STRING: searchParams.toString(),
        REQUEST_METHOD: request.method, CONTENT_TYPE: request.headers['content-type'], HTTP_CONTENT_ENCODING: request.headers['content-encoding'], GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
      },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    child.stdin.on('error', () => {}); // it has read what it needs
    request.pipe(child.stdin);
    void child.stdout.toArray().then((chunks: Buffer[]) => {
      const text = Buffer.concat(chunks);
      const end = text.indexOf('\r\n\r\n');
      const headers = text.subarray(0, end).toString().split('\r\n').map((line) => line.split(': '));
      response.writeHead(200, Object.fromEntries(headers) as Record<string, string>).end(text.subarray(end + 4));
    });
  }).listen(0, '127.0.0.1');
}
