/**
 * Malformed requests to a real narud, made from the table of endpoints and the shapes of their bodies: no answer 500
 * but dockerd's own, no crash, and the daemon's memory back to where it was. NARU_FUZZ_REQUESTS sets how many (10,000
 * unless told), NARU_FUZZ_SEED where it starts.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { test } from 'node:test';
import { call, type Answer } from '../support/api.ts';
import { Daemon } from '../support/daemon.ts';
import { importBusybox } from '../support/images.ts';
import { generator, randomRequest, type Request } from './api/requests.ts';

const requests = Number(process.env['NARU_FUZZ_REQUESTS'] ?? 10_000);
const seed = Number(process.env['NARU_FUZZ_SEED'] ?? Date.now() % 1e9);
/** Megabytes that the second half of the requests may add: what fills once has filled in the first. */
const growth = 50;

/** What dockerd answers with 500 too, though the client is to blame. */
const dockersOwn = [
  /^strconv\./, /^unexpected EOF$/, /^Cannot locate specified Dockerfile/, /^archive\/tar: /, /^invalid mode: /, /^invalid volume specification: /, /^error while looking up for publish /, /^--storage-opt is supported only/, /^(Unknown option |invalid size: |invalid --security-opt )/, /could not be recognized as URL/,
  /^Get "https?:/, /^(invalid cluster node while attaching|container \w+ is not connected) to/, /^remove .*: (no such|not a)/, /^bind-mount /, /is not paused$/,
  /^unable to find user /, /^Invalid escape keys /, /^(cannot stop container: |Cannot restart container )/, /^invalid filter: 'type'=/, /^Invalid isolation: /, /^invalid reference format/, /^failed to parse value as time or duration/,
];

test(`${requests} malformed requests (seed ${seed})`, { skip: process.getuid?.() === 0 ? false : 'narud needs root' }, async () => {
  await using daemon = await Daemon.start();
  await importBusybox(daemon);
  await call(daemon, 'POST', '/containers/create?name=c1', { Image: 'busybox', Cmd: ['true'] });
  await call(daemon, 'POST', '/networks/create', { Name: 'n1' });
  await call(daemon, 'POST', '/volumes/create', { Name: 'v1' });
  const random = generator(seed);
  await send(daemon, random, requests / 2);
  const before = await memoryAtRest(daemon);
  await send(daemon, random, requests / 2);
  const after = await memoryAtRest(daemon);
  assert.ok(after - before < growth, `memory went from ${before} to ${after} MB`);
  assert.equal((await call(daemon, 'GET', '/_ping')).text, 'OK');
});

async function send(daemon: Daemon, random: ReturnType<typeof generator>, count: number): Promise<void> {
  for (let number = 0; number < count; number++) {
    if (number % 200 === 0) await clear(daemon);
    const request = randomRequest(random);
    judge(request, await answerTo(daemon, request));
  }
}

async function answerTo(daemon: Daemon, request: Request): Promise<Answer> {
  const late = pause(30_000, undefined, { ref: false }).then(() => Promise.reject(new Error(`no answer to ${told(request)}`)));
  const answer = call(daemon, request.method, request.path, request.body, request.headers);
  return Promise.race([answer, late]).catch((error: unknown) => {
    throw new Error(`${String(error)}: ${told(request)}\n${daemon.log.slice(-2000)}`, { cause: error });
  });
}

function judge(request: Request, answer: Answer): void {
  if (answer.status !== 500) return;
  const { message } = answer.json() as { message: string };
  assert.ok(dockersOwn.some((pattern) => pattern.test(message)), `500 ${message}: ${told(request)}`);
}

/** What the requests made goes again, volumes too, so that the machine's networks and disk do not fill up. */
async function clear(daemon: Daemon): Promise<void> {
  const containers = (await call(daemon, 'GET', '/containers/json?all=1')).json() as { Id: string; Names: string[] }[];
  for (const { Id, Names } of containers) if (Names[0] !== '/c1') await call(daemon, 'DELETE', `/containers/${Id}?force=1&v=1`);
  const networks = (await call(daemon, 'GET', '/networks?filters={"type":["custom"]}')).json() as { Id: string; Name: string }[];
  await call(daemon, 'POST', '/volumes/prune?filters={"all":["true"]}');
  for (const { Id, Name } of networks) if (Name !== 'n1') await call(daemon, 'DELETE', `/networks/${Id}`);
}

/** Resident megabytes when all that was made is gone and the daemon has had the rest in which it tidies up. */
async function memoryAtRest(daemon: Daemon): Promise<number> {
  await clear(daemon);
  await pause(4000);
  const [, kilobytes = '0'] = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${daemon.pid}/status`, 'utf8')) ?? [];
  return Math.round(Number(kilobytes) / 1024);
}

function told({ method, path, body }: Request): string {
  return `${method} ${path} ${body instanceof Uint8Array ? Buffer.from(body).toString('latin1') : JSON.stringify(body)}`;
}
