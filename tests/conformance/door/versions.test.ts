/**
 * Every version that is spoken, on every question that only reads: the answer is the description's, with what that
 * version had besides and without what it had not yet.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { call, type Answer } from '../../support/api.ts';
import { Daemon } from '../../support/daemon.ts';
import { importBusybox } from '../../support/images.ts';
import { came, went } from './api/history.ts';
import { faultsOf, type Description } from './api/schema.ts';

const description = JSON.parse(readFileSync(join(import.meta.dirname, 'api/description.json'), 'utf8')) as Description;
const minors = Array.from({ length: 55 - 24 + 1 }, (_, index) => 24 + index);

/** Every GET of the description that is no stream and asks for no registry, on the world of `before`. */
const paths: Readonly<Record<string, string>> = {
  'GET /version': '/version',
  'GET /info': '/info',
  'GET /system/df': '/system/df',
  'GET /containers/json': '/containers/json?all=1&size=1',
  'GET /containers/{id}/json': '/containers/told/json?size=1',
  'GET /containers/{id}/top': '/containers/told/top',
  'GET /containers/{id}/changes': '/containers/told/changes',
  'GET /containers/{id}/stats': '/containers/told/stats?stream=0&one-shot=1',
  'GET /exec/{id}/json': '/exec/EXEC/json',
  'GET /images/json': '/images/json',
  'GET /images/{name}/json': '/images/kept/json',
  'GET /images/{name}/history': '/images/kept/history',
  'GET /networks': '/networks?filters={"name":["side"]}',
  'GET /networks/{id}': '/networks/side',
  'GET /volumes': '/volumes',
  'GET /volumes/{name}': '/volumes/stock',
  'GET /events': '/events?since=1&until=UNTIL&filters={"event":["start"]}',
};

let daemon: Daemon;
let exec: string;
let until: number;
let specs: string;
before(async () => {
  specs = await mkdtemp(join(tmpdir(), 'naru-versions-'));
  await writeFile(join(specs, 'one.json'), JSON.stringify({ cdiVersion: '0.6.0', kind: 'example.com/thing', devices: [{ name: 'one', containerEdits: { env: ['ONE=1'] } }] }));
  daemon = await Daemon.start('--cdi-spec-dir', specs);
  await importBusybox(daemon);
  await call(daemon, 'POST', '/volumes/create', { Name: 'stock' });
  await call(daemon, 'POST', '/networks/create', { Name: 'side' });
  await call(daemon, 'POST', '/containers/create?name=told', {
    Image: 'busybox', Cmd: ['sleep', '1000'], Healthcheck: { Test: ['CMD', 'true'], Interval: 3600e9 }, ExposedPorts: { '80/tcp': {} },
    HostConfig: { NetworkMode: 'side', Binds: ['stock:/v'], Annotations: { a: 'b' }, PortBindings: { '80/tcp': [{ HostIp: '127.0.0.1' }] } },
  });
  assert.equal((await call(daemon, 'POST', '/containers/told/start')).status, 204);
  await call(daemon, 'POST', '/commit?container=told&repo=kept&pause=0');
  await call(daemon, 'DELETE', '/images/busybox'); // by its name: one image is left in lists
  exec = (await call(daemon, 'POST', '/containers/told/exec', { Cmd: ['sleep', '1000'], AttachStdout: true })).json().Id;
  await call(daemon, 'POST', `/exec/${exec}/start`, { Detach: true });
  until = Date.now() / 1000;
});
after(async () => {
  await daemon?.[Symbol.asyncDispose]();
  await rm(specs, { recursive: true, force: true });
});

function ask(route: string, version: string): Promise<Answer> {
  const path = (paths[route] ?? '').replace('EXEC', exec).replace('UNTIL', String(until));
  return call(daemon, 'GET', `/v${version}${path.replace(/filters=(.*)$/, (_, text: string) => `filters=${encodeURIComponent(text)}`)}`);
}

/** What is at `place`; undefined where nothing is. */
function at(value: unknown, place: string): unknown {
  return place.split('.').reduce<unknown>((inner, name) => (inner as Record<string, unknown> | null | undefined)?.[name], value);
}

function documentOf(answer: Answer): unknown {
  return answer.text.startsWith('[') ? answer.json() : (answer.lines() as unknown[])[0];
}

test('every question that reads is asked', () => {
  const asked = description.endpoints.filter(({ method, path, answer }) => method === 'GET' && answer !== undefined && answer !== 'string' && !/^\/(swarm|nodes|services|tasks|secrets|configs|plugins|distribution)/.test(path));
  assert.deepEqual(asked.map(({ path }) => `GET ${path}`).filter((route) => !(route in paths)), ['GET /images/search', 'GET /images/{name}/attestations']);
});

for (const minor of minors) {
  const version = `1.${minor}`;
  const isBefore = (other: string): boolean => other === 'never' || minor < Number(other.split('.')[1]);
  test(`answers in ${version}`, async () => {
    const documents = new Map<string, unknown>();
    for (const route of Object.keys(paths)) {
      if (route.endsWith('/stats') && minor > 24 && minor < 41) continue; // a second each: they have no one-shot
      const answer = await ask(route, version);
      assert.equal(answer.status, 200, `${route}: ${answer.text}`);
      documents.set(route, documentOf(answer));
    }
    const faults = [...documents].flatMap(([route, document]) => {
      const schema = description.endpoints.find(({ method, path }) => `${method} ${path}` === route)?.answer ?? 'any';
      return faultsOf(description.definitions, schema, document, new Set()).map((fault) => `${route} ${fault.replaceAll(/\[\d+\]/g, '')}`);
    });
    const expected = went.filter(([, without]) => isBefore(without)).map(([fault]) => `${fault}: not in the description`);
    assert.deepEqual([...new Set(faults)].toSorted(), expected.toSorted());
    const there = came.filter(([route, place]) => at(documents.get(route), place) !== undefined);
    assert.deepEqual(there, came.filter(([, , from]) => !isBefore(from)));
  });
}
