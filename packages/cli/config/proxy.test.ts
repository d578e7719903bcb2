import assert from 'node:assert/strict';
import { test } from 'node:test';
import { customHeaders } from './custom-headers.ts';
import { proxyFor } from './proxy.ts';

const HTTP_PROXY = 'http://proxy.example.com:3128';
const proxied = (host: string, NO_PROXY = ''): boolean => proxyFor(host, { HTTP_PROXY, NO_PROXY }) !== undefined;

test('an engine on tcp is asked through the proxy of the environment', () => {
  assert.deepEqual(proxyFor('tcp://far.example.com:2375', { HTTP_PROXY }), { host: 'proxy.example.com', port: 3128 });
  assert.deepEqual(proxyFor('tcp://far.example.com:2375', { http_proxy: 'proxy' }), { host: 'proxy', port: 80 });
  assert.equal(proxyFor('tcp://far.example.com:2375', {}), undefined);
  for (const host of ['unix:///run/x.sock', 'ssh://far.example.com', 'tcp://localhost:2375', 'tcp://127.0.0.9:2375', 'tcp://[::1]:2375']) assert.ok(!proxied(host), host);
});

test('an engine that speaks TLS has a variable of its own', () => {
  const env = { HTTP_PROXY, https_proxy: 'http://me:s%40y@safe.example.com' };
  assert.deepEqual(proxyFor('tcp://far.example.com:2376', env, true), { host: 'safe.example.com', port: 80, authorization: 'Basic bWU6c0B5' });
  assert.equal(proxyFor('tcp://far.example.com:2376', { HTTP_PROXY }, true), undefined);
});

test('NO_PROXY names hosts, domains, networks and ports', () => {
  const rows: [string, string, boolean][] = [
    ['far.example.com', '*', false], ['far.example.com', 'example.com', false], ['far.example.com', '.example.com', false], ['example.com', '.example.com', true],
    ['far.example.com', 'other.com, FAR.example.com', false], ['far.example.com', 'far.example.com:2375', false], ['far.example.com', 'far.example.com:1', true],
    ['10.1.2.3', '10.1.0.0/16', false], ['10.2.2.3', '10.1.0.0/16', true], ['10.1.2.3', '10.1.2.3', false], ['notexample.com', 'example.com', true], ['far.example.com', '*.example.com', false],
  ];
  for (const [host, list, expected] of rows) assert.equal(proxied(`tcp://${host}:2375`, list), expected, `${host} with ${list}`);
});

test('headers of the environment are a CSV record of pairs', () => {
  const of = (DOCKER_CUSTOM_HEADERS: string) => customHeaders({ DOCKER_CUSTOM_HEADERS });
  assert.deepEqual(of('a=b=c,"d=e,f"'), { a: 'b=c', d: 'e,f' });
  assert.equal(of(''), undefined);
  const begin = 'Failed to initialize: failed to';
  const end = 'custom headers from DOCKER_CUSTOM_HEADERS environment variable:';
  assert.throws(() => of('a'), { message: `${begin} set ${end} missing "=" in key=value pair: 'a'` });
  assert.throws(() => of('=b'), { message: `${begin} set ${end} value contains a key=value pair with an empty key: '=b'` });
  assert.throws(() => of('a="b'), { message: `${begin} parse ${end} value must be formatted as comma-separated key=value pairs` });
});
