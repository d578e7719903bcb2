import assert from 'node:assert/strict';
import { test } from 'node:test';
import { emptyBindings, portBindings, withFreePorts } from './ports.ts';

const config = { ExposedPorts: { '80/tcp': {}, '53/udp': {} } };
const published = (host: Parameters<typeof portBindings>[1]): string[] => portBindings(config, host).map(({ containerPort, protocol, hostPort }) => `${hostPort}:${containerPort}/${protocol}`).toSorted();

test('publish-all takes every exposed port that has no binding of its own, however that is said', () => {
  assert.deepEqual(published({ PublishAllPorts: true, PortBindings: { '80/tcp': [{ HostIp: '', HostPort: '8080' }] } }), ['0:53/udp', '8080:80/tcp']);
  for (const none of [[], null]) assert.deepEqual(published({ PublishAllPorts: true, PortBindings: { '80/tcp': none } }), ['0:53/udp', '0:80/tcp']);
  for (const none of [[], null]) assert.deepEqual(published({ PublishAllPorts: false, PortBindings: { '80/tcp': none } }), []);
});

test('a port bound to nothing is told from one that has bindings, or null, and can be given any free port', () => {
  const asked = { '80/tcp': [], '53/udp': null, '443/tcp': [{ HostIp: '', HostPort: '1' }] };
  assert.deepEqual(emptyBindings(asked), ['80/tcp']);
  assert.deepEqual(emptyBindings(undefined), []);
  assert.deepEqual(withFreePorts(asked, ['80/tcp']), { ...asked, '80/tcp': [{ HostIp: '', HostPort: '' }] });
});
