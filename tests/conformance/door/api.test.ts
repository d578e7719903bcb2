/**
 * The whole Engine API against its description (1.55, reduced to endpoints and schemas in api/description.json): every
 * endpoint answers, and every answer is what the description says.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { call, type Answer } from '../../support/api.ts';
import { Daemon } from '../../support/daemon.ts';
import { importBusybox } from '../../support/images.ts';
import { faultsOf, type Description, type Schema } from './api/schema.ts';

const description = JSON.parse(readFileSync(join(import.meta.dirname, 'api/description.json'), 'utf8')) as Description;
/** They would begin what this daemon does not have, and say so. */
const begins = new Set(['POST /swarm/init', 'POST /swarm/join', 'POST /plugins/create', 'POST /plugins/pull', 'GET /plugins/privileges']);
const ofSwarm = /^\/(swarm|nodes|services|tasks|secrets|configs)/;

/** Fields that dockerd answers with though its description has them not, or elsewhere. */
const extra: ReadonlySet<string> = new Set([
  '<ContainerSummary>.ImageManifestDescriptor', '<ContainerInspectResponse><ContainerConfig>.MacAddress', '<ContainerInspectResponse>.HostConfig<HostConfig>.ContainerIDFile',
]);

let daemon: Daemon;
let index: { readonly port: number; close(): void };
const done = new Set<string>();
before(async () => {
  daemon = await Daemon.start();
  await importBusybox(daemon);
  index = await searchIndex();
});
after(async () => {
  index?.close();
  await daemon?.[Symbol.asyncDispose]();
});

/** A registry that has a v1 index and nothing else. */
async function searchIndex(): Promise<{ readonly port: number; close(): void }> {
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://index');
    if (url.pathname !== '/v1/search') return void response.writeHead(url.pathname === '/v2/' ? 200 : 404).end('{}');
    const results = ['one', 'two'].map((name, stars) => ({ name: `${url.searchParams.get('q')}/${name}`, description: '', star_count: stars, is_official: stars === 1 }));
    response.end(JSON.stringify({ num_results: 2, results }));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** One request of an endpoint; its answer must have the status and the shape that the description tells. */
async function tell(method: string, template: string, path: string, body?: object | Uint8Array): Promise<Answer> {
  const endpoint = description.endpoints.find((its) => its.method === method && its.path === template);
  assert.ok(endpoint, `${method} ${template} is in the description`);
  done.add(`${method} ${template}`);
  const answer = await call(daemon, method, `/v1.55${path}`, body);
  assert.equal(answer.status, endpoint.status, `${method} ${path}: ${answer.text}`);
  if (endpoint.answer !== undefined && endpoint.answer !== 'string' && method !== 'HEAD') hold(endpoint.answer, documentOf(answer), `${method} ${path}`);
  return answer;
}

function documentOf(answer: Answer): unknown {
  const [first] = answer.lines() as unknown[];
  return answer.text.startsWith('[') ? answer.json() : first;
}

function hold(schema: Schema, value: unknown, what: string): void {
  assert.deepEqual(faultsOf(description.definitions, schema, value, extra), [], what);
}

test('the daemon itself', async () => {
  await tell('GET', '/_ping', '/_ping');
  await tell('HEAD', '/_ping', '/_ping');
  await tell('GET', '/version', '/version');
  await tell('GET', '/info', '/info');
  await tell('GET', '/system/df', '/system/df?verbose=1');
  await tell('POST', '/volumes/create', '/volumes/create', { Name: 'told' });
  const events = await tell('GET', '/events', `/events?since=0&until=${Date.now() / 1000 + 0.1}`);
  for (const event of events.lines()) hold('@EventMessage', event, 'event');
  await tell('POST', '/build/prune', '/build/prune');
});

test('images', async () => {
  await tell('POST', '/images/{name}/tag', '/images/busybox/tag?repo=told&tag=1');
  await tell('GET', '/images/json', '/images/json?all=1&shared-size=1&manifests=1');
  await tell('GET', '/images/{name}/json', '/images/told:1/json');
  await tell('GET', '/images/{name}/history', '/images/told:1/history');
  await tell('GET', '/images/{name}/attestations', '/images/told:1/attestations');
  const tar = await tell('GET', '/images/{name}/get', '/images/told:1/get');
  assert.ok(tar.text.length > 0);
  await tell('GET', '/images/get', '/images/get?names=told:1');
  await tell('DELETE', '/images/{name}', '/images/told:1');
  await tell('POST', '/images/prune', '/images/prune');
  const found = await tell('GET', '/images/search', `/images/search?term=127.0.0.1:${index.port}/thing&limit=3`);
  assert.deepEqual(found.json().map(({ name }: { name: string }) => name), ['thing/one', 'thing/two']);
  const official = await call(daemon, 'GET', `/images/search?term=127.0.0.1:${index.port}/thing&filters={"is-official":["true"],"stars":["1"]}`);
  assert.equal(official.json().length, 1);
});

test('networks and volumes', async () => {
  const { Id: id } = (await tell('POST', '/networks/create', '/networks/create', { Name: 'told-net', IPAM: { Config: [{ Subnet: '10.213.0.0/24' }] } })).json();
  await tell('GET', '/networks', '/networks');
  await tell('POST', '/containers/create', '/containers/create?name=seated', { Image: 'busybox', Cmd: ['sleep', '100'] });
  await tell('POST', '/networks/{id}/connect', `/networks/${id}/connect`, { Container: 'seated' });
  await tell('GET', '/networks/{id}', `/networks/${id}?verbose=1`);
  await tell('POST', '/networks/{id}/disconnect', `/networks/${id}/disconnect`, { Container: 'seated', Force: true });
  await tell('DELETE', '/networks/{id}', `/networks/${id}`);
  await tell('POST', '/networks/prune', '/networks/prune');
  await tell('GET', '/volumes', '/volumes');
  await tell('GET', '/volumes/{name}', '/volumes/told');
  await tell('DELETE', '/volumes/{name}', '/volumes/told');
  await tell('POST', '/volumes/prune', '/volumes/prune');
  await tell('DELETE', '/containers/{id}', '/containers/seated');
});

test('containers and execs', async () => {
  const wanted = {
    Image: 'busybox', Cmd: ['sh', '-c', 'echo told; touch /new; sleep 1000'], Healthcheck: { Test: ['CMD', 'true'], Interval: 1e9 },
    Labels: { a: 'b' }, ExposedPorts: { '80/tcp': {} }, HostConfig: { Binds: ['v1:/v'], PortBindings: { '80/tcp': [{ HostIp: '127.0.0.1' }] } },
  };
  const { Id: id } = (await call(daemon, 'POST', '/containers/create?name=told', wanted)).json();
  const at = (verb: string): [template: string, path: string] => [`/containers/{id}${verb.split('?')[0]}`, `/containers/${id}${verb}`];
  await tell('POST', ...at('/start'));
  await tell('GET', '/containers/json', '/containers/json?all=1&size=1');
  await tell('GET', ...at('/json?size=1'));
  await tell('GET', ...at('/top?ps_args=-ef'));
  await tell('GET', ...at('/stats?stream=0&one-shot=1'));
  await tell('GET', ...at('/logs?stdout=1&timestamps=1'));
  await tell('GET', ...at('/changes'));
  await tell('GET', ...at('/archive?path=/etc'));
  await tell('HEAD', ...at('/archive?path=/etc'));
  await tell('GET', ...at('/export'));
  await tell('POST', ...at('/attach?logs=1&stdout=1'));
  await tell('POST', ...at('/resize?h=10&w=20'));
  await tell('POST', ...at('/pause'));
  await tell('POST', ...at('/unpause'));
  await tell('POST', ...at('/update'), { Memory: 64 << 20, MemorySwap: 128 << 20 });
  await tell('POST', ...at('/rename?name=told2'));
  await tell('POST', '/commit', '/commit?container=told2&repo=kept');
  const { Id: exec } = (await tell('POST', ...at('/exec'), { Cmd: ['sleep', '600'], Tty: true })).json();
  await tell('POST', '/exec/{id}/start', `/exec/${exec}/start`, { Detach: true });
  await tell('POST', '/exec/{id}/resize', `/exec/${exec}/resize?h=10&w=20`);
  await tell('GET', '/exec/{id}/json', `/exec/${exec}/json`);
  await tell('POST', ...at('/restart?t=0'));
  await tell('POST', ...at('/kill?signal=KILL'));
  await tell('POST', ...at('/wait'));
  await tell('POST', ...at('/start'));
  await tell('POST', ...at('/stop?t=0'));
  await tell('DELETE', ...at('?v=1'));
  await tell('POST', '/containers/prune', '/containers/prune');
});

test('swarm and its kin answer as outside a swarm, plugins as where there are none', async () => {
  for (const { method, path } of description.endpoints.filter(({ path: its }) => ofSwarm.test(its))) {
    done.add(`${method} ${path}`);
    const answer = await call(daemon, method, `/v1.55${path.replaceAll(/\{\w+\}/g, 'x')}?version=1`, method === 'POST' ? { ListenAddr: '0.0.0.0:2377' } : undefined);
    if (begins.has(`${method} ${path}`)) {
      assert.equal(answer.status, 501, `${method} ${path}: ${answer.text}`);
      continue;
    }
    assert.equal(answer.status, 503, `${method} ${path}: ${answer.text}`);
    assert.match(answer.json().message, /^This node is not (a swarm manager|part of a swarm)/);
  }
  for (const { method, path } of description.endpoints.filter(({ path: its }) => its.startsWith('/plugins'))) {
    done.add(`${method} ${path}`);
    const answer = await call(daemon, method, `/v1.55${path.replaceAll(/\{\w+\}/g, 'x')}?remote=x&timeout=1`, method === 'POST' ? [] : undefined);
    assert.ok([200, 404, ...(begins.has(`${method} ${path}`) ? [501] : [])].includes(answer.status), `${method} ${path}: ${answer.status} ${answer.text}`);
    assert.notEqual(answer.json().message, 'page not found', `${method} ${path}`);
  }
});

test('nothing of the description is left out', async () => {
  // What these do, other tests prove: here, that there is somebody to ask.
  const rest = description.endpoints.filter(({ method, path }) => !done.has(`${method} ${path}`));
  for (const { method, path } of rest) {
    const answer = await call(daemon, method, `/v1.55${path.replaceAll(/\{\w+\}/g, 'x')}`);
    assert.notEqual(answer.text.trim(), '{"message":"page not found"}', `${method} ${path}`);
    assert.ok(path === '/session' ? answer.status === 501 : answer.status !== 501, `${method} ${path}: ${answer.status} ${answer.text}`);
  }
  assert.deepEqual(rest.map(({ method, path }) => `${method} ${path}`), [
    'POST /auth', 'POST /build', 'PUT /containers/{id}/archive', 'GET /containers/{id}/attach/ws', 'GET /distribution/{name}/json', 'POST /images/create',
    'POST /images/load', 'POST /images/{name}/push', 'POST /session', 'PUT /volumes/{name}',
  ]);
});
