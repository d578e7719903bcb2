import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NotFound } from '#base';
import type { Endpoint } from '#network';
import { exampleConfig, exampleHostConfig, exampleRecord } from '../../fakes.ts';
import type { ContainerRecord } from '../record.ts';
import { linkedEnvironment, linkedHosts, linkNames, reachedPorts, resolveLinks, shownLinks } from './links.ts';

const db = exampleRecord({ id: 'd1', name: 'db', config: { ...exampleConfig(), Hostname: 'd1', Env: ['MODE=x', 'PATH=/bin'], ExposedPorts: { '5433/tcp': {}, '5432/tcp': {}, '53/udp': {} } }, networks: { bridge: {} as never } });
const sharer = exampleRecord({ id: 's1', name: 'sharer', hostConfig: { ...exampleHostConfig(), NetworkMode: 'container:d1' } });
const open = exampleRecord({ id: 'h1', name: 'open', hostConfig: { ...exampleHostConfig(), NetworkMode: 'host' } });
const web = exampleRecord({ id: 'w1', name: 'web', links: ['d1:store', 'gone:x'] });
const all = [db, sharer, open, web];
const containers = {
  get: (id: string): ContainerRecord | undefined => all.find((record) => record.id === id),
  find(name: string): ContainerRecord {
    const found = all.find((record) => record.id === name || record.name === name);
    if (!found) throw new NotFound(`No such container: ${name}`);
    return found;
  },
};
const endpoint = { ipv4: { address: '172.17.0.2', prefix: 16, gateway: '' }, ipv6: undefined } as Endpoint;

test('links are kept by id, of the container whose network it is', () => {
  assert.deepEqual(resolveLinks(['db', 'db:store', 'sharer:s'], 'bridge', containers), ['d1:db', 'd1:store', 'd1:s']);
  assert.deepEqual(resolveLinks(['nobody:x'], 'mine', containers), [], 'a user-defined network has names');
  assert.throws(() => resolveLinks(['nobody'], 'bridge', containers), { kind: 'InvalidArgument', message: 'could not get container for nobody: No such container: nobody' });
  assert.throws(() => resolveLinks(['open'], 'bridge', containers), { message: /^conflicting options: host type networking can't be used with links/ });
});

test('inspect and ps show links by names', () => {
  assert.deepEqual(shownLinks(web, containers), ['/db:/web/store']);
  assert.equal(shownLinks(db, containers), null);
  assert.deepEqual(linkNames(all).get('d1'), ['/web/store']);
});

test('a linked container is known by its names, its ports and its variables', () => {
  const linked = [{ record: db, alias: 'my-store', endpoint }];
  assert.deepEqual(linkedHosts(web, linked), ['my-store d1 db:172.17.0.2']);
  const variables = linkedEnvironment(web, linked);
  assert.deepEqual(variables.filter((entry) => !/_PORT_\d+_(?:TCP|UDP)(?:_ADDR|_PORT|_PROTO)?=/.test(entry)), [
    'MY_STORE_PORT=udp://172.17.0.2:53',
    'MY_STORE_PORT_5432_TCP_START=tcp://172.17.0.2:5432', 'MY_STORE_PORT_5432_TCP_PORT_START=5432',
    'MY_STORE_PORT_5432_TCP_END=tcp://172.17.0.2:5433', 'MY_STORE_PORT_5432_TCP_PORT_END=5433',
    'MY_STORE_NAME=/web/my-store', 'MY_STORE_ENV_MODE=x',
  ]);
  assert.ok(variables.includes('MY_STORE_PORT_5433_TCP_ADDR=172.17.0.2'));
  assert.deepEqual(reachedPorts([...linked, { record: db, alias: 'db', endpoint }]).map(({ containerId, port }) => `${containerId} ${port}`), ['d1 53', 'd1 5432', 'd1 5433']);
});

test('a container that does not run, or is elsewhere, cannot be linked', () => {
  assert.throws(() => linkedHosts(web, [{ record: db, alias: 'a', endpoint: undefined }]), { kind: 'Conflict', message: 'Cannot link to a non running container: /db AS /web/a' });
  assert.throws(() => linkedHosts(web, [{ record: sharer, alias: 'a', endpoint: undefined }]), { message: 'Cannot link to /sharer, as it does not belong to the default network' });
});
