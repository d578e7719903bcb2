import assert from 'node:assert/strict';
import { test } from 'node:test';
import { originForm, plainTarget } from './server-path.ts';

test('a roundabout path belongs to its plain form', () => {
  const belongs = [
    ['/images//json', '/images/json'],
    ['//version', '/version'],
    ['/v1.45//images/json?all=1&x=//', '/v1.45/images/json?all=1&x=//'],
    ['/./version', '/version'],
    ['/v1.45/../version', '/version'],
    ['/../..', '/'],
    ['/containers/a%2F%2Fb/json', '/containers/a/b/json'],
    ['/containers/a%20b//json', '/containers/a%20b/json'],
    ['/images//', '/images/'],
    ['/volumes//a%3Fb%23c%25?x=1', '/volumes/a%3Fb%23c%25?x=1'],
  ] as const;
  for (const [target, plain] of belongs) assert.equal(plainTarget(target), plain);
});

test('a plain path stays where it is', () => {
  for (const target of ['/', '/version', '/images/json/', '/containers/..a/json', '/images/a%zz/json', '*', '/info?x=//a/../b', 'http://host/info']) {
    assert.equal(plainTarget(target), undefined, target);
  }
});

test('a target that names its host too is its path', () => {
  for (const [target, path] of [['http://host:2375/v1.45/info?x=http://a/', '/v1.45/info?x=http://a/'], ['HTTPS://[::1]/', '/'], ['/info?x=http://host/', '/info?x=http://host/'], ['*', '*']] as const) {
    assert.equal(originForm(target), path);
  }
});
