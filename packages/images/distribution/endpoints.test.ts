import assert from 'node:assert/strict';
import { test } from 'node:test';
import { endpointsOf, isInsecure, parseMirror } from './endpoints.ts';

const urls = (domain: string, policy = {}): string[] => endpointsOf(domain, { certsDir: '/nonexistent', ...policy }).map(({ url }) => url.href);

test('Docker Hub is its mirrors and then its real host', () => {
  assert.deepEqual(urls('docker.io'), ['https://registry-1.docker.io/']);
  const mirrors = ['http://127.0.0.1:5000', 'https://mirror.example.com/hub'];
  assert.deepEqual(urls('docker.io', { mirrors }), ['http://127.0.0.1:5000/', 'https://mirror.example.com/hub/', 'https://registry-1.docker.io/']);
  assert.deepEqual(urls('example.com', { mirrors }), ['https://example.com/']);
});

test('http is tried after https where the registry may be insecure', () => {
  assert.deepEqual(urls('localhost:5000'), ['https://localhost:5000/', 'http://localhost:5000/']);
  assert.deepEqual(urls('10.1.2.3:5000'), ['https://10.1.2.3:5000/']);
  const insecure = ['10.1.0.0/16', 'old.example.com', 'new.example.com:5000'];
  const cases: [string, boolean][] = [
    ['127.0.0.9', true], ['[::1]:5000', true], ['10.1.2.3:5000', true], ['10.2.2.3:5000', false], ['old.example.com:5000', true],
    ['new.example.com:5000', true], ['new.example.com', false], ['localhost.example.com', false],
  ];
  for (const [domain, expected] of cases) assert.equal(isInsecure(domain, { insecure }), expected, domain);
  assert.equal(isInsecure('far.example.com:5000', { insecure }, ['10.1.9.9']), true, 'by what its name stands for');
  assert.equal(isInsecure('far.example.com:5000', {}, ['192.0.2.1', '127.0.0.1']), true);
  assert.equal(isInsecure('far.example.com:5000', {}, ['192.0.2.1', '2001:db8::1']), false);
});

test('a mirror must be a plain http or https URL', () => {
  assert.equal(parseMirror('https://m.example.com').href, 'https://m.example.com/');
  for (const [text, message] of [['ftp://x', /unsupported scheme "ftp"/], ['x', /unsupported scheme ""/], ['https://x/?a', /query or fragment/], ['https://u:p@x/', /username\/password not allowed/]] as const) {
    assert.throws(() => parseMirror(text), message);
  }
});
