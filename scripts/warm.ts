/**
 * Lets the bundled commands do their commonest work once, so that V8's code for it is at hand when a person asks for it
 * (see start.cjs): `naru` against an engine that is made up, `naru-runtime` as far as that makes no container.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const id = 'f'.repeat(64);
const container = {
  Id: id, Names: ['/warm'], Image: 'busybox', ImageID: `sha256:${id}`, Command: 'sleep 1000 and a long command line', Created: 1, Ports: [{ IP: '0.0.0.0', PrivatePort: 80, PublicPort: 80, Type: 'tcp' }],
  Labels: {}, State: 'running', Status: 'Up 1 second', HostConfig: { NetworkMode: 'bridge' }, NetworkSettings: { Networks: {} }, Mounts: [],
};
const image = { Id: `sha256:${id}`, ParentId: '', RepoTags: ['busybox:latest'], RepoDigests: [], Created: 1, Size: 1, SharedSize: -1, Containers: -1, Labels: null };

const answers: Readonly<Record<string, unknown>> = {
  'GET /containers/json': [container],
  'GET /images/json': [image],
  'GET /networks': [{ Id: id, Name: 'bridge', Driver: 'bridge', Scope: 'local', Labels: {}, Created: '2026-01-01T00:00:00Z' }],
  'GET /volumes': { Volumes: [{ Name: 'v', Driver: 'local', Mountpoint: '/v', Scope: 'local', Labels: null, Options: null }], Warnings: null },
  'POST /containers/create': { Id: id, Warnings: [] },
  'POST /containers/wait': { StatusCode: 0 },
  'GET /containers/inspect': { Id: id, Name: '/warm', Config: { Tty: false }, State: { Running: true }, HostConfig: {}, NetworkSettings: {} },
  'POST /containers/exec': { Id: id },
  'GET /exec/inspect': { ID: id, ExitCode: 0, Running: false },
  'GET /version': { Version: '1', ApiVersion: '1.50', GitCommit: '', GoVersion: '', Os: 'linux', Arch: 'amd64' },
};

const commands = [
  ['ps', '-a'], ['images'], ['run', '--rm', 'busybox', 'true'], ['run', '-d', 'busybox', 'true'], ['exec', 'warm', 'true'], ['logs', 'warm'], ['inspect', 'warm'], ['inspect', '-f', '{{.Id}}', 'warm'],
  ['stop', 'warm'], ['rm', '-f', 'warm'], ['start', 'warm'], ['network', 'ls'], ['volume', 'ls'], ['version'], ['__complete', 'stop', ''], ['--version'], ['run', '--help'],
];

/** Runs each command once with `naru`, the started file. Rejects when one fails. */
export async function warmNaru(naru: string): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'naru-warm-'));
  const server = createServer(serve).on('upgrade', upgrade);
  try {
    const socket = join(directory, 'engine.sock');
    server.listen(socket);
    await once(server, 'listening');
    const env = { ...ownEnvironment(), DOCKER_HOST: `unix://${socket}`, DOCKER_CONFIG: directory };
    for (const words of commands) await rehearse(naru, words, env);
  } finally {
    server.closeAllConnections();
    server.close();
    await rm(directory, { recursive: true, force: true });
  }
}

/** The same for `naru-runtime`. What hangs on the machine may fail; what needs a container is asked of one that is not there. */
export async function warmRuntime(runtime: string): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'naru-warm-'));
  try {
    const at = ['--root', join(directory, 'state')];
    for (const words of [['--version'], ['spec', '-b', directory]]) await rehearse(runtime, [...at, ...words], process.env);
    for (const words of [['create', 'warm'], ['run', '-b', directory, 'warm'], ['exec', 'warm', 'true'], ['state', 'warm'], ['list'], ['features']]) await run(runtime, [...at, ...words], process.env);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** Rejects, with what it said, when it fails: what is built of it would not work either. */
async function rehearse(start: string, words: readonly string[], env: NodeJS.ProcessEnv): Promise<void> {
  const { ended, complaint } = await run(start, words, env);
  if (ended !== 0) throw new Error(`the build's rehearsal: ${start} ${words.join(' ')} ended by ${ended}: ${complaint}`);
}

/** Ended by its code or its signal. */
async function run(start: string, words: readonly string[], env: NodeJS.ProcessEnv): Promise<{ ended: number | NodeJS.Signals; complaint: string }> {
  const child = spawn(process.execPath, ['--single-threaded', start, ...words], { env: { ...env, NARU_WARM: '1' }, stdio: ['ignore', 'ignore', 'pipe'], timeout: 60_000 });
  const [complaint, [code, signal]] = await Promise.all([child.stderr.toArray(), once(child, 'close')]);
  return { ended: signal ?? code, complaint: Buffer.concat(complaint).toString() };
}

/** Without what the user has set for another engine. */
function ownEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('DOCKER_')));
}

/** `GET /v1.50/containers/ID/json` → `GET /containers/inspect`. */
function keyOf({ method = '', url = '' }: IncomingMessage): string {
  const path = url.replace(/^\/v[\d.]+/, '').replace(/\?.*/, '');
  const verb = /^\/(containers|exec)\/[^/]+\/(\w+)$/.exec(path);
  return `${method} ${verb ? `/${verb[1]}/${verb[2] === 'json' ? 'inspect' : verb[2]}` : path}`;
}

function serve(request: IncomingMessage, response: ServerResponse): void {
  const answer = answers[keyOf(request)];
  response.setHeader('Api-Version', '1.50').setHeader('Ostype', 'linux');
  if (request.url?.endsWith('/_ping')) return void response.end();
  response.writeHead(answer === undefined ? 204 : 200, { 'Content-Type': 'application/json' }).end(answer === undefined ? '' : JSON.stringify(answer));
}

/** Attach and exec: nothing is said. */
function upgrade(_request: IncomingMessage, socket: Duplex): void {
  socket.on('error', () => {}); // the command hangs up
  socket.end('HTTP/1.1 101 UPGRADED\r\nContent-Type: application/vnd.docker.multiplexed-stream\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n');
}
